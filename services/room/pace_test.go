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

// floods has a client send n numbered lines of a KiB each as fast as they are
// taken. The channel is closed when all are.
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

// reads reads n numbered lines, and calls each before every one.
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

func TestAFloodReachesThoseWhoReadSlowlyButSteadily(t *testing.T) {
	const n = 40 << 10 // 40 MiB, many times what one may be behind
	inTime(t, nil, func(t *testing.T, h *hall) {
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
		require.InDelta(t, 40, time.Since(began).Seconds(), 2, "the flood went at the pace of the slow one")
	})
}

func TestAClientThatNeverReadsIsCutAndNobodyElseNotices(t *testing.T) {
	const n = 40 << 10
	inTime(t, nil, func(t *testing.T, h *hall) {
		talker, reader := h.joins(), h.dial()
		stuck := h.dial()
		h.settles(arrival)
		began := time.Now()
		quick := reads(t, reader, n, atOnce)
		<-floods(t, talker.Conn, n)
		<-quick
		require.Less(t, time.Since(began), paceMost+time.Second, "it was waited for once, and not long")
		synctest.Wait()
		require.Contains(t, h.log.take(), "more than 8 MiB behind")
		got, _ := io.Copy(io.Discard, stuck)
		require.Less(t, got, int64(1<<20), "what was on its way, and no more")
		require.Contains(t, talker.heard.take(), "[127.0.0.1:50003] is Offline")
	})
}

// Whoever types is heard at once, whoever is waited for.
func TestAFloodHoldsUpNobodyWhoTypes(t *testing.T) {
	inTime(t, nil, func(t *testing.T, h *hall) {
		talker, typist := h.joins(), h.joins()
		reader := h.joins()
		stuck := h.dial()
		h.settles(arrival)
		flood := floods(t, talker.Conn, paceHold>>10+512)
		synctest.Wait()
		require.EqualValues(t, 1, h.server.room.awaited.Load(), "one is waited for: who does not read")
		reader.heard.take()
		typist.says(t, "can you hear me?\n")
		<-time.After(mergeTime)
		synctest.Wait()
		require.Contains(t, reader.heard.take(), "can you hear me?")
		require.EqualValues(t, 1, h.server.room.awaited.Load(), "and still is")
		stuck.Reset()
		<-flood
	})
}

func TestManyWhoFlood(t *testing.T) {
	const talkers, n = 20, 128
	inTime(t, nil, func(t *testing.T, h *hall) {
		var all []*guest
		for range talkers {
			all = append(all, h.connects())
		}
		reader := h.joins()
		reader.heard.take()
		var floodings []chan struct{}
		for _, g := range all {
			floodings = append(floodings, floods(t, g.Conn, n))
		}
		for _, flooding := range floodings {
			<-flooding
		}
		h.settles(time.Second)
		said := reader.heard.takeLines()
		require.Len(t, said, talkers*n)
		for i, g := range all {
			mine := fmt.Sprintf("('127.0.0.1', %d)", 50001+i)
			var want []string
			for _, line := range said {
				if !strings.HasPrefix(line, mine) {
					want = append(want, line)
				}
			}
			require.True(t, slices.Equal(want, onlySaid(g.heard.takeLines())), "all hear the same, in the same order")
		}
	})
}

func onlySaid(all []string) (said []string) {
	for _, line := range all {
		if strings.HasPrefix(line, "(") {
			said = append(said, line)
		}
	}
	return said
}

// A client that talks and does not read stops only itself.
func TestAskingWithoutReading(t *testing.T) {
	inTime(t, nil, func(t *testing.T, h *hall) {
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
		one.says(t, "hello\n")
		h.settles(0)
		require.Contains(t, two.heard.take(), "hello")
		deaf.Reset()
		h.settles(0)
		require.Contains(t, two.heard.take(), "[127.0.0.1:50003] is Offline")
	})
}
