package chat

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// drain reads all that follows seq, at most limit bytes at a time.
func drain(h *history, seq uint64, limit int) (string, uint64) {
	var all strings.Builder
	for {
		bufs, next := h.after(seq, limit, nil)
		for _, b := range bufs {
			all.Write(b)
		}
		if next == seq {
			return all.String(), seq
		}
		seq = next
	}
}

func TestHistoryHandsOutWhatFollows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	h := &history{max: 1 << 30}
	lines := []string{""}
	for i := range 3000 {
		text := strings.Repeat("x", rnd.IntN(200))
		if i%500 == 0 {
			text = strings.Repeat("y", maxText)
		}
		require.EqualValues(t, i+1, h.add("3", []byte(text)))
		lines = append(lines, fmt.Sprintf("MSG 3 %d %s\n", i+1, text))
	}
	for range 200 {
		from := rnd.IntN(len(lines))
		got, end := drain(h, uint64(from), 1+rnd.IntN(300<<10))
		require.EqualValues(t, 3000, end)
		require.True(t, strings.Join(lines[from+1:], "") == got, "after line %d", from)
	}
	got, end := drain(h, 5000, 100)
	require.Empty(t, got, "somebody claims to have lines that were not typed")
	require.EqualValues(t, 5000, end)
}

func TestHistoryIsBounded(t *testing.T) {
	h := &history{max: 200 << 10}
	for range 10000 {
		h.add("3", []byte(strings.Repeat("x", 100)))
		require.LessOrEqual(t, h.size, h.max)
	}
	got, end := drain(h, 0, 1<<20)
	require.EqualValues(t, 10000, end)
	require.Greater(t, len(got), 100<<10, "it drops more than it must")
	var first uint64
	_, err := fmt.Sscanf(got, "MSG 3 %d ", &first)
	require.NoError(t, err)
	require.Greater(t, first, uint64(1))
	require.Equal(t, int(10000-first)+1, strings.Count(got, "\n"))
}

func TestHistoryKeepsWhatItHasHandedOut(t *testing.T) {
	h := &history{max: 100 << 10}
	h.add("3", []byte("first"))
	bufs, _ := h.after(0, 1<<20, nil)
	for range 5000 {
		h.add("3", []byte(strings.Repeat("x", 100)))
	}
	require.Equal(t, "MSG 3 1 first\n", string(bufs[0]))
}

func TestLinesThatAreGoneAreCounted(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		c[4].member.history.max = 100 << 10
		away := func(from, to string) bool { return from == c[4].Advertise || to == c[4].Advertise }
		l.net.Filter(func(from, to string) error {
			if away(from, to) {
				return errors.New("network down")
			}
			return nil
		})
		l.breaks(away)
		for i := range 2000 {
			c[4].types(fmt.Sprintf("%d %0100d", i, i))
		}
		s.shows()
		held, _ := drain(c[4].member.history, 0, 1<<20)
		kept := strings.Count(held, "\n")
		require.Less(t, kept, 2000)
		l.net.Filter(nil)
		<-time.After(2 * lastRetry)
		want := append([]string{fmt.Sprintf("Client 5: (%d lines lost)", 2000-kept)}, texts("Client 5", 2000)[2000-kept:]...)
		require.Equal(t, want, s.screen.lines())
		require.Equal(t, want, c[0].screen.lines())
	})
}

func TestInputFasterThanTheLinksIsHeldBack(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		c[4].member.history.max = 300 << 10
		for i := range 20000 {
			c[4].keys <- fmt.Sprintf("%d %0100d", i, i)
		}
		synctest.Wait()
		want := texts("Client 5", 20000)
		for _, a := range append(c[:4:4], s) {
			require.Equal(t, len(want), len(a.screen.lines()), a.Name.Who())
			require.True(t, slices.Equal(want, a.screen.lines()), a.Name.Who())
		}
	})
}

func texts(who string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s: %d %0100d", who, i, i))
	}
	return all
}
