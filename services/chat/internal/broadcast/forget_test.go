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
		st := s.Meet(nil, h, false, noPeers)
		s.Join(st, 0)
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
	st := s.Meet(nil, met, false, noPeers) // a handshake that begins before the flood
	require.Zero(t, st.ready.Have)
	flood(t, s, day-5000)
	require.Zero(t, s.Meet(nil, later, false, noPeers).ready.Have, "READY must request its first 300 lines")

	s.Join(st, 0)
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
	require.EqualValues(t, 1, s.Meet(nil, wire.Hello{ID: wire.ID{Name: "f0", Incarnation: 5000}, State: wire.StateIn, Last: 1}, false, noPeers).ready.Have)
	require.LessOrEqual(t, s.Stats().Senders, MaxSenders)
}
