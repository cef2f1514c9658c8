package broadcast

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// drain reads all that follows seq, at most limit bytes at a time.
func drain(l *log, seq uint64, limit int) (string, uint64) {
	var all strings.Builder
	for {
		bufs, next, count := l.after(seq, 1<<62, limit, nil)
		for _, b := range bufs {
			all.Write(b)
		}
		if count == 0 {
			return all.String(), seq
		}
		seq = next
	}
}

func TestLogReturnsWhatFollows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	l := &log{}
	lines := []string{""}
	for i := range 3000 {
		text := strings.Repeat("x", rnd.IntN(200))
		if i%500 == 0 {
			text = strings.Repeat("y", wire.MaxText)
		}
		line := fmt.Sprintf("MSG 3 %d %s", i+1, text)
		l.add(uint64(i+1), nil, []byte(line))
		lines = append(lines, line+"\n")
	}
	for range 200 {
		from := rnd.IntN(len(lines))
		got, end := drain(l, uint64(from), 1+rnd.IntN(300<<10))
		require.EqualValues(t, 3000, end)
		require.True(t, strings.Join(lines[from+1:], "") == got, "after line %d", from)
	}
	got, end := drain(l, 5000, 100)
	require.Empty(t, got, "a member claims to have lines that were not typed")
	require.EqualValues(t, 5000, end)
}

func TestLinesTypedHereAreBounded(t *testing.T) {
	s := New(wire.ID{Name: "3", Incarnation: 1}, &recorder{})
	s.Limits.Typed = 200 << 10
	for range 10000 {
		s.Say([]byte(strings.Repeat("x", 100)))
		require.LessOrEqual(t, s.self.log.size, s.Limits.Typed)
	}
	got, end := drain(&s.self.log, 0, 1<<20)
	require.EqualValues(t, 10000, end)
	require.Greater(t, len(got), 100<<10, "it drops more than it must")
	var first uint64
	_, err := fmt.Sscanf(got, "MSG 3 %d ", &first)
	require.NoError(t, err)
	require.Greater(t, first, uint64(1))
	require.Equal(t, int(10000-first)+1, strings.Count(got, "\n"))
}

func TestLogKeepsWhatItHasReturned(t *testing.T) {
	l := &log{}
	l.add(1, []byte("AFTER 2 7 3\n"), []byte("MSG 3 1 first"))
	bufs, _, _ := l.after(0, 1, 1<<20, nil)
	for seq := range uint64(5000) {
		l.add(seq+2, nil, []byte("MSG 3 "+strings.Repeat("x", 100)))
		l.shrink(seq)
	}
	require.Equal(t, "AFTER 2 7 3\nMSG 3 1 first\n", string(bufs[0]))
}
