package chat

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/checker"
	"peerlab/lab/certs"
	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
)

// seeds is how many random runs there are. A seed decides what is done when; what
// goroutines make of it may differ from run to run.
const seeds = 1000

// TestFaultsAtRandom lets a server and clients chat while they are killed,
// restarted, stopped, cut off and slowed down, all as a seed decides. The checker
// of the scenarios judges their screens. To replay seed 7:
//
//	go test -run 'TestFaultsAtRandom/^7$' ./services/chat
func TestFaultsAtRandom(t *testing.T) {
	n := uint64(seeds)
	if testing.Short() {
		n /= 10
	}
	var played atomic.Uint64
	var judged [checker.Return + 1]atomic.Int64
	t.Cleanup(func() {
		for g := checker.Delivery; g <= checker.Return && played.Load() == n; g++ {
			require.Positive(t, judged[g].Load(), g)
		}
	})
	for seed := range n {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			inTime(t, func(t *testing.T, l *lab) {
				if seed%50 == 0 {
					l.ca = certs.Dir(t.TempDir())
				}
				w := newWorld(l, seed)
				w.run()
				v := checker.Judge(w.recorded(), bounds)
				if v.Outcome != checker.Pass {
					t.Fatalf("seed %d: %v\n%s", seed, v, w.screens())
				}
				played.Add(1)
				for g, count := range v.Judged {
					judged[g].Add(int64(count))
				}
			})
		})
	}
}

// world is one run.
type world struct {
	*lab
	seed   uint64
	rnd    *rand.Rand
	server *actor // nil while there is none
	client []*actor
	last   *registry.Registry

	history checker.History // without its lives
	later   []event

	mu      sync.Mutex      // dials look, too
	stopped map[string]bool // by address
	side    map[string]int  // of a partition, by address
	cut     [2]string       // two that cannot reach each other
}

// event is something that is yet to be done.
type event struct {
	at time.Time
	do func()
}

func newWorld(l *lab, seed uint64) *world {
	return &world{lab: l, seed: seed, rnd: rand.New(rand.NewPCG(seed, 7)), stopped: map[string]bool{}, side: map[string]int{}}
}

// after has something done when a random part of d has gone by.
func (w *world) after(d time.Duration, do func()) {
	w.later = append(w.later, event{time.Now().Add(w.upTo(d)), do})
}

// pass lets time go by, and has done what is due.
func (w *world) pass(d time.Duration) {
	end := time.Now().Add(d)
	for {
		slices.SortStableFunc(w.later, func(a, b event) int { return a.at.Compare(b.at) })
		if len(w.later) == 0 || w.later[0].at.After(end) {
			<-time.After(time.Until(end))
			return
		}
		next := w.later[0]
		w.later = w.later[1:]
		<-time.After(time.Until(next.at))
		next.do()
	}
}

const (
	worldClients = 4
	worldSteps   = 30
	maxFault     = 6 * time.Second
	maxSlow      = 1500 * time.Millisecond
	worldQuiet   = 2*lastRetry + 2*agreement + 3*time.Second
)

// bounds allows no time for recovery: a fault is recorded with it. A line may take as
// long as one that waits for another is held back.
var bounds = checker.Bounds{Delay: 5 * time.Second, Quiet: worldQuiet}

func (w *world) run() {
	w.forbid(w.severed)
	w.startServer()
	for i := range worldClients {
		w.client = append(w.client, w.lab.client(fmt.Sprint(i+1)))
	}
	for range worldSteps {
		w.step()
		w.pass(w.upTo(400 * time.Millisecond))
	}
	w.pass(maxFault) // all faults are over
	<-time.After(worldQuiet)
	if w.server != nil {
		w.kill(w.server)
		w.server = nil
	}
	w.history.Quiet = w.clock()
	w.startServer()
	<-time.After(worldQuiet)
	synctest.Wait()
	for _, a := range w.live() {
		w.types(a)
		synctest.Wait()
	}
	w.history.End = w.clock()
}

func (w *world) startServer() {
	w.server = w.start(wire.Server, serverAddr, func(m *member) {
		var saved []registry.Entry
		if w.last != nil {
			saved = w.last.Entries()
		}
		m.registry = registry.New(saved...)
		w.last = m.registry
	})
}

func (w *world) live() (all []*actor) {
	if w.server != nil {
		all = append(all, w.server)
	}
	return append(all, w.client...)
}

// severed says who cannot reach whom now.
func (w *world) severed(from, to string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopped[from] || w.stopped[to] || w.side[from] != w.side[to] ||
		from == w.cut[0] && to == w.cut[1] || from == w.cut[1] && to == w.cut[0]
}

// types types a line that was not typed before.
func (w *world) types(a *actor) {
	line := checker.Typed{Life: slices.Index(w.all, a), At: w.clock(), Text: fmt.Sprint("line ", len(w.history.Typed))}
	for life, b := range w.all {
		if b.life.End == checker.Lives && b != a && w.there(b, a) {
			line.Concerns = append(line.Concerns, life)
		}
	}
	w.history.Typed = append(w.history.Typed, line)
	a.keys <- line.Text
}

// there reports whether b is to show what is typed at a from now on: it is in, and
// knows of a. That is the one thing that is not asked of the screens.
func (w *world) there(b, a *actor) bool {
	defer b.unlock()
	_, known := b.lock().Shown(wire.ID{Name: a.Name, Incarnation: a.Incarnation})
	return known && b.arrived
}

// recorded returns the history for the checker.
func (w *world) recorded() checker.History {
	h := w.history
	for _, a := range w.all {
		a.life.Screen = a.screen.shown()
		h.Lives = append(h.Lives, a.life)
	}
	return h
}

// screens is all that there is to see, and what is not seen yet.
func (w *world) screens() string {
	var all strings.Builder
	for _, a := range w.all {
		fmt.Fprintf(&all, "--- %s, incarnation %d\n%s\n", a.Name.Display(), a.Incarnation, strings.Join(a.screen.lines(), "\n"))
	}
	for _, a := range w.live() {
		fmt.Fprintf(&all, "--- at %s:\n%v", a.Name.Display(), a.lock())
		a.unlock()
	}
	return all.String()
}
