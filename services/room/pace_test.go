package room

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// floods makes a client send n numbered lines of 1 KiB as fast as the server
// reads them. It closes the channel after the last.
func floods(t *testing.T, conn *memnet.Conn, n int) chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w := bufio.NewWriter(conn)
		for i := range n {
			if _, err := fmt.Fprintf(w, "%08d%s\n", i, strings.Repeat("x", 1015)); err != nil {
				t.Error(err)
				return
			}
		}
		if err := w.Flush(); err != nil {
			t.Error(err)
		}
	}()
	return done
}

// reads reads n numbered lines, and calls each before every line.
func reads(t *testing.T, conn *memnet.Conn, n int, each func()) chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		in := bufio.NewScanner(conn)
		for next := 0; next < n; {
			each()
			if !in.Scan() {
				t.Errorf("it ended before line %d of %d: %v", next, n, in.Err())
				return
			}
			if _, text, ok := strings.Cut(in.Text(), ":49: "); ok || strings.Contains(in.Text(), "xxxx") {
				if !ok {
					_, text, _ = strings.Cut(in.Text()[20:], ": ")
				}
				if text[:8] != fmt.Sprintf("%08d", next) {
					t.Errorf("%.60q where line %d belongs", in.Text(), next)
					return
				}
				next++
			}
		}
	}()
	return done
}

func atOnce() {}

func TestAFloodReachesASlowButSteadyReader(t *testing.T) {
	const n = 40 << 10 // 40 MiB, five times maxBehind
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		talker, fast, slow := h.joins(), h.dial(), h.dial()
		h.settles(arrival)
		began, lines := time.Now(), 0
		quick := reads(t, fast, n, atOnce)
		steady := reads(t, slow, n, func() { // 1 MiB a second
			if lines++; lines%64 == 0 {
				<-time.After(time.Second / 16)
			}
		})
		floods(t, talker.Conn, n)
		<-quick
		<-steady
		require.InDelta(t, 40, time.Since(began).Seconds(), 2, "the flood was slowed down to the pace of the slow client")
	})
}

func TestAClientThatNeverReadsIsDisconnectedWithoutDelayToOthers(t *testing.T) {
	const n = 40 << 10
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		talker, reader := h.joins(), h.dial()
		stuck := h.dial()
		h.settles(arrival)
		began := time.Now()
		quick := reads(t, reader, n, atOnce)
		<-floods(t, talker.Conn, n)
		<-quick
		require.Less(t, time.Since(began), paceMost+time.Second, "the room waited for it once, for a bounded time")
		synctest.Wait()
		require.Contains(t, h.log.take(), "more than 8 MiB behind")
		got, _ := io.Copy(io.Discard, stuck)
		require.Less(t, got, int64(1<<20), "only the bytes in flight")
		require.Contains(t, talker.received.take(), "[127.0.0.1:50003] is Offline")
	})
}

// Typed lines are sent at once while the room waits for a slow client.
func TestAFloodDelaysNoTypedLine(t *testing.T) {
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		talker, typist := h.joins(), h.joins()
		reader := h.joins()
		stuck := h.dial()
		h.settles(arrival)
		flood := floods(t, talker.Conn, paceHold>>10+512)
		synctest.Wait()
		require.EqualValues(t, 1, h.server.room.awaited.Load(), "the room waits for the client that does not read")
		reader.received.take()
		typist.sends(t, "can you hear me?\n")
		<-time.After(mergeTime)
		synctest.Wait()
		require.Contains(t, reader.received.take(), "can you hear me?")
		require.EqualValues(t, 1, h.server.room.awaited.Load(), "the room still waits for it")
		stuck.Reset()
		<-flood
	})
}

func TestManyFloods(t *testing.T) {
	const talkers, n = 20, 128
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		var all []*guest
		for range talkers {
			all = append(all, h.connects())
		}
		reader := h.joins()
		reader.received.take()
		var floodings []chan struct{}
		for _, g := range all {
			floodings = append(floodings, floods(t, g.Conn, n))
		}
		for _, flooding := range floodings {
			<-flooding
		}
		h.settles(time.Second)
		got := reader.received.takeLines()
		require.Len(t, got, talkers*n)
		for i, g := range all {
			mine := fmt.Sprintf("('127.0.0.1', %d)", 50001+i)
			var want []string
			for _, line := range got {
				if !strings.HasPrefix(line, mine) {
					want = append(want, line)
				}
			}
			require.True(t, slices.Equal(want, onlyText(g.received.takeLines())), "all receive the same lines in the same order")
		}
	})
}

func onlyText(all []string) (got []string) {
	for _, line := range all {
		if strings.HasPrefix(line, "(") {
			got = append(got, line)
		}
	}
	return got
}

// A client that sends commands and does not read delays only itself.
func TestAskingWithoutReading(t *testing.T) {
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		one, two := h.joins(), h.joins()
		deaf := h.dial()
		h.settles(arrival)
		taken := 0
		go func() {
			for {
				n, err := deaf.Write([]byte(strings.Repeat("/who\n", 1000)))
				taken += n
				if err != nil {
					return
				}
			}
		}()
		h.settles(time.Minute)
		require.Less(t, taken, 1<<20)
		one.sends(t, "hello\n")
		h.settles(0)
		require.Contains(t, two.received.take(), "hello")
		deaf.Reset()
		h.settles(0)
		require.Contains(t, two.received.take(), "[127.0.0.1:50003] is Offline")
	})
}
