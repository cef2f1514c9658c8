package chat

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// drain reads all that follows seq, at most limit bytes at a time.
func drain(h *history, seq uint64, limit int) (string, uint64) {
	var all strings.Builder
	for {
		bufs, next, count := h.after(seq, 1<<62, limit, nil)
		for _, b := range bufs {
			all.Write(b)
		}
		if count == 0 {
			return all.String(), seq
		}
		seq = next
	}
}

func TestHistoryHandsOutWhatFollows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	h := &history{}
	lines := []string{""}
	for i := range 3000 {
		text := strings.Repeat("x", rnd.IntN(200))
		if i%500 == 0 {
			text = strings.Repeat("y", wire.MaxText)
		}
		line := fmt.Sprintf("MSG 3 %d %s", i+1, text)
		h.add(uint64(i+1), nil, []byte(line))
		lines = append(lines, line+"\n")
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

func TestLinesTypedHereAreBounded(t *testing.T) {
	d := newDelivery("3", 1, io.Discard)
	d.limits.history = 200 << 10
	for range 10000 {
		d.say([]byte(strings.Repeat("x", 100)))
		require.LessOrEqual(t, d.self.log.size, d.limits.history)
	}
	got, end := drain(&d.self.log, 0, 1<<20)
	require.EqualValues(t, 10000, end)
	require.Greater(t, len(got), 100<<10, "it drops more than it must")
	var first uint64
	_, err := fmt.Sscanf(got, "MSG 3 %d ", &first)
	require.NoError(t, err)
	require.Greater(t, first, uint64(1))
	require.Equal(t, int(10000-first)+1, strings.Count(got, "\n"))
}

func TestHistoryKeepsWhatItHasHandedOut(t *testing.T) {
	h := &history{stock: &stock{}}
	h.add(1, []byte("AFTER 2 7 3\n"), []byte("MSG 3 1 first"))
	bufs, _, _ := h.after(0, 1, 1<<20, nil)
	for seq := range uint64(5000) {
		h.add(seq+2, nil, []byte("MSG 3 "+strings.Repeat("x", 100)))
		h.shrink(seq)
	}
	require.Equal(t, "AFTER 2 7 3\nMSG 3 1 first\n", string(bufs[0]))
}

// What nobody has been handed is filled again, over and over; and it is as right
// as new memory.
func TestHistoryFillsItsMemoryAgain(t *testing.T) {
	h := &history{stock: &stock{}}
	line := []byte("MSG 3 " + strings.Repeat("x", 100))
	seq := uint64(0)
	turn := func() {
		for range 10 * segmentSize / len(line) {
			seq++
			h.add(seq, nil, line)
			for h.size > 3*segmentSize {
				h.shrink(seq)
			}
		}
	}
	turn()
	require.Less(t, testing.AllocsPerRun(10, turn), 10.0, "new memory for each segment")
	bufs, end, count := h.after(0, seq, 1<<20, nil)
	require.Equal(t, seq, end)
	var all []byte
	for _, b := range bufs {
		all = append(all, b...)
	}
	require.Equal(t, strings.Repeat(string(line)+"\n", int(count)), string(all))
}

func TestLinesThatAreGoneAreCounted(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		c[4].delivery.limits.history = 100 << 10
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
		held, _ := drain(&c[4].delivery.self.log, 0, 1<<20)
		kept := strings.Count(held, "\n")
		require.Less(t, kept, 2000)
		l.net.Filter(nil)
		<-time.After(2 * lastRetry)
		want := append([]string{fmt.Sprintf("* Client 5: %d lines lost", 2000-kept)}, texts("Client 5", 2000)[2000-kept:]...)
		require.Equal(t, want, s.screen.lines())
		require.Equal(t, want, c[0].screen.lines())
	})
}

func TestInputFasterThanTheLinksIsHeldBack(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		c[4].delivery.limits.history = 300 << 10
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
