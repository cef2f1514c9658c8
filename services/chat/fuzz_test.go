package chat

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"peerlab/e2e/checker"
	"peerlab/e2e/fuzzer"
)

const (
	fuzzSeeds = 100
	fuzzTime  = 10 * time.Second
	fuzzDelay = time.Second // of a line, at most
)

// TestMembersWithstandAFuzzer is TestChaosFuzz of the scenarios in memory: members type while
// another one sends each of them messages at random. To replay seed 7:
//
//	go test -run 'TestMembersWithstandAFuzzer/^7$' ./services/chat
func TestMembersWithstandAFuzzer(t *testing.T) {
	n := fuzzSeeds
	if testing.Short() {
		n /= 10
	}
	for seed := range uint64(n) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			inTime(t, func(t *testing.T, l *lab) {
				w := newWorld(l, seed)
				sent, from := w.fuzzed()
				v := checker.Judge(w.withoutFuzzer(from), checker.Bounds{Delay: fuzzDelay, Quiet: worldQuiet})
				if v.Outcome != checker.Pass {
					t.Fatalf("seed %d: %v\n%v\n%s", seed, v, sent, w.screens())
				}
			})
		})
	}
}

// fuzzed runs a server, three clients, and a fuzzer after a fourth client was killed.
// It returns the fuzzer, and when it began.
func (w *world) fuzzed() (m *fuzzer.Member, from time.Duration) {
	w.startServer()
	m = &fuzzer.Member{Name: "fuzz", Seed: w.seed, PerSecond: 300, To: []string{serverAddr}}
	m.Dial = func(ctx context.Context, addr string) (net.Conn, error) { return w.net.Dial(ctx, "fuzz", addr) }
	for i := range worldClients {
		w.client = append(w.client, w.lab.client(fmt.Sprint(i+1)))
		m.To = append(m.To, w.client[i].Addr)
	}
	dead := w.client[worldClients-1]
	w.types(dead)
	synctest.Wait()
	dead.kill()
	w.client, m.To = w.client[:worldClients-1], m.To[:worldClients]

	from = w.clock()
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		m.Run(ctx)
	}()
	for end := w.clock() + fuzzTime; w.clock() < end; {
		w.pass(w.upTo(200 * time.Millisecond))
		all := w.live()
		w.types(all[w.rnd.IntN(len(all))])
	}
	stop()
	<-over
	w.history.Quiet = w.clock()
	<-time.After(worldQuiet)
	for _, a := range w.live() {
		w.types(a)
		synctest.Wait()
	}
	<-time.After(fuzzDelay)
	w.history.End = w.clock()
	return m, from
}

// withoutFuzzer returns what the checker is to judge: not what the fuzzer, an invented
// process, or since then the one that was killed is said to have typed, for these cannot
// object.
func (w *world) withoutFuzzer(from time.Duration) checker.History {
	h := w.recorded()
	ended := map[string]bool{}
	for _, l := range h.Lives {
		ended[l.Who] = l.End != checker.Lives
	}
	for i := range h.Lives {
		h.Lives[i].Screen = slices.DeleteFunc(h.Lives[i].Screen, func(s checker.Shown) bool {
			who, _, _ := strings.Cut(strings.TrimPrefix(s.Text, ownMark), ": ")
			over, known := ended[who]
			return !known || over && s.At > from
		})
	}
	return h
}
