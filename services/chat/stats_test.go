package chat

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/internal/lines"
)

func TestWhyALinkWasCut(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, one := l.server(), l.client("1")
		ready(s, one)
		s.types("/stats")
		require.Equal(t, "* nothing was lost, cut or refused since this program was started", s.screen.lines()[0])
		s.screen.clear()
		for _, err := range []error{
			broadcast.ErrSlow, errSilent, errSilent, broadcast.ErrOverheld, lines.Refuse("syntax", ""), fmt.Errorf("it said so: %w", lines.Refuse("sender", "")),
			lines.Refuse("taken", ""),
			theirRefusal{lines.Refuse("syntax", "")},
			io.EOF, errDead, errors.New("reset"),
		} {
			if why := cutReason(err); why != "" {
				s.peers["1"].cuts[why]++
			}
		}
		s.turnedAway++
		s.types("/stats")
		require.Equal(t, []string{
			"* the link to Client 1 was cut 1 time: it did not read what it had asked for",
			"* the link to Client 1 was cut 2 times: it sent what the protocol does not allow",
			"* the link to Client 1 was cut 2 times: nothing was heard from it for 3 seconds",
			"* the link to Client 1 was cut 1 time: too many of its lines were waiting for lines of others",
			"* 1 connection refused: the other side did not get past the handshake",
			"* links up: 1; members known: 1, at most 1024; processes known: 2, at most 2048",
			"* kept for members that are behind: 0 KiB typed here, 0 KiB typed elsewhere; 0 KiB of that wait for earlier lines",
		}, s.screen.lines())
	})
}
