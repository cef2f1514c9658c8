package chat

import (
	"errors"
	"fmt"
	"sync/atomic"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// cuts counts why the links to a peer were cut.
type cuts struct{ slow, silent, overheld, wrong atomic.Int64 }

// count counts the end of a link.
func (c *cuts) count(why error) {
	var ours *lines.Refusal
	switch {
	case errors.Is(why, broadcast.ErrSlow):
		c.slow.Add(1)
	case errors.Is(why, errSilent):
		c.silent.Add(1)
	case errors.Is(why, broadcast.ErrOverheld):
		c.overheld.Add(1)
	case errors.As(why, &ours) && ours.Code != "taken" && !errors.As(why, new(theirRefusal)):
		c.wrong.Add(1)
	}
}

// rows returns a sentence for each reason for which a link to the peer was cut.
func (c *cuts) rows(who string) (rows []string) {
	for _, cut := range []struct {
		times *atomic.Int64
		why   string
	}{
		{&c.slow, "it did not read what it had asked for"},
		{&c.silent, "nothing was heard from it for 3 seconds"},
		{&c.overheld, "too many of its lines were waiting for lines of others"},
		{&c.wrong, "it sent what the protocol does not allow"},
	} {
		if n := cut.times.Load(); n > 0 {
			rows = append(rows, fmt.Sprintf("the link to %s was cut %s: %s", who, counted(n, "time"), cut.why))
		}
	}
	return rows
}

// showStats says what was lost, cut and refused, and how much of the bounded
// memory is used.
func (m *member) showStats() {
	var rows []string
	m.lock()
	for _, p := range m.peersLocked() {
		rows = append(rows, p.counts.rows(p.name.Display())...)
	}
	stats, links, peers := m.state.Stats(), len(m.links), len(m.peers)
	lost, missing, refused, forgotten := stats.Lost, stats.Missing, m.turnedAway, stats.Forgotten
	m.unlock()
	for _, count := range []struct {
		n   int64
		row string
	}{
		{lost, counted(lost, "line") + " of others lost: no member has kept them"},
		{missing, counted(missing, "line") + " of others missing when an answer to them was shown"},
		{refused, counted(refused, "connection") + " refused: the other side did not get past the handshake"},
		{forgotten, fmt.Sprintf("ended processes forgotten, to make room for others: %d", forgotten)},
	} {
		if count.n > 0 {
			rows = append(rows, count.row)
		}
	}
	if len(rows) == 0 {
		rows = append(rows, "nothing was lost, cut or refused since this program was started")
	}
	m.note(append(rows,
		fmt.Sprintf("links up: %d; members known: %d, at most %d; processes known: %d, at most %d", links, peers, wire.MaxMembers, stats.Senders, broadcast.MaxSenders),
		fmt.Sprintf("kept for members that are behind: %d KiB typed here, %d KiB typed elsewhere; %d KiB of that wait for earlier lines",
			stats.Typed>>10, stats.Kept>>10, stats.Held>>10))...)
}
