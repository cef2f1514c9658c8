package chat

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// cutReason returns why a link was cut, as /stats shows it, or "" if it ended otherwise.
func cutReason(why error) string {
	var own *lines.Refusal
	switch {
	case errors.Is(why, broadcast.ErrSlow):
		return "it did not read what it had asked for"
	case errors.Is(why, errSilent):
		return "nothing was heard from it for 3 seconds"
	case errors.Is(why, broadcast.ErrOverheld):
		return "too many of its lines were waiting for lines of others"
	case errors.As(why, &own) && own.Code != "taken":
		return "it sent what the protocol does not allow"
	}
	return ""
}

// showStats shows what was lost, cut and refused, and how much of the bounded
// memory is used.
func (m *member) showStats() {
	var rows []string
	add := func(before string, n int64, what, after string) {
		if n > 0 {
			rows = append(rows, before+counted(n, what)+after)
		}
	}
	m.mu.Lock()
	for _, p := range m.peersLocked() {
		for _, reason := range slices.Sorted(maps.Keys(p.cuts)) {
			add("the link to "+p.name.Display()+" was cut ", p.cuts[reason], "time", ": "+reason)
		}
	}
	stats, links, peers, refused := m.state.Stats(), len(m.links), len(m.peers), m.turnedAway
	m.mu.Unlock()
	add("", stats.Lost, "line", " of others lost: no member has kept them")
	add("", stats.Missing, "line", " of others missing when an answer to them was shown")
	add("", refused, "connection", " refused: the other side did not get past the handshake")
	if n := stats.Forgotten; n > 0 {
		rows = append(rows, fmt.Sprintf("ended processes forgotten, to make room for others: %d", n))
	}
	if len(rows) == 0 {
		rows = append(rows, "nothing was lost, cut or refused since this program was started")
	}
	m.note(append(rows,
		fmt.Sprintf("links up: %d; members known: %d, at most %d; processes known: %d, at most %d", links, peers, wire.MaxMembers, stats.Senders, broadcast.MaxSenders),
		fmt.Sprintf("kept for members that are behind: %d KiB typed here, %d KiB typed elsewhere; %d KiB of that wait for earlier lines",
			stats.Typed>>10, stats.Kept>>10, stats.Held>>10))...)
}
