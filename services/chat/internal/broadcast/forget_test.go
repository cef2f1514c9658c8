package broadcast

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// day is the bound on incarnations, in microseconds.
const day = 24 * 60 * 60 * 1_000_000

// flood links as many processes as are told apart, and more, each of which sends
// one line and leaves.
func flood(t *testing.T, s *State, incarnation uint64) {
	for i := range MaxSenders + 252 {
		name := wire.Name(fmt.Sprint("f", i))
		h := wire.Hello{ID: wire.ID{Name: name, Incarnation: incarnation + uint64(i)}, State: wire.StateNew}
		s.Meet(h, false)
		st := NewStream(nil, h, s.Digest(h.ID, noPeers), 0)
		s.Join(st)
		_, err := s.Receive(st, fmt.Appendf(nil, "MSG %s 1 x", name))
		require.NoError(t, err)
		s.Leave(st)
		s.Part(st, time.Unix(0, 0))
	}
}

func TestAFloodOfProcessesCostsNoOtherItsLines(t *testing.T) {
	met := wire.Hello{ID: wire.ID{Name: "2", Incarnation: 2000}, State: wire.StateNew, Last: 300}
	later := wire.Hello{ID: wire.ID{Name: "3", Incarnation: 3000}, State: wire.StateIn, Last: 300}
	var screen recorder
	s := New(wire.ID{Name: "1", Incarnation: 1001}, &screen)
	s.Begin(time.Unix(0, 0))
	require.Zero(t, s.Meet(met, false))
	digest := s.Digest(met.ID, noPeers)
	flood(t, s, day-5000)
	require.Zero(t, s.Meet(later, false), "READY must request its first 300 lines")

	st := NewStream(nil, met, digest, 0) // the handshake that began before the flood
	s.Join(st)
	screen.lines = nil
	_, err := s.Receive(st, []byte("MSG 2 1 first"))
	require.NoError(t, err)
	require.Equal(t, []string{"Client 2: first"}, screen.lines)
}

func TestALineOfAForgottenProcessIsNotShownAgain(t *testing.T) {
	var screen recorder
	s := New(wire.ID{Name: "1", Incarnation: 1001}, &screen)
	s.Begin(time.Unix(0, 0))
	flood(t, s, 5000)
	require.NotZero(t, s.Stats().Forgotten)
	require.EqualValues(t, 1, s.Meet(wire.Hello{ID: wire.ID{Name: "f0", Incarnation: 5000}, State: wire.StateIn, Last: 1}, false))
	require.LessOrEqual(t, s.Stats().Senders, MaxSenders)
}
