package chat

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
)

// seeds is how many random runs there are. A seed decides what is done when; what
// goroutines make of it may differ from run to run.
const seeds = 1000

// TestFaultsAtRandom has a server and clients chat while they are killed,
// restarted, stopped, cut off and slowed down, all as a seed decides, and then
// judges what their screens have shown. To replay seed 7:
//
//	go test -run 'TestFaultsAtRandom/^7$' ./services/chat
func TestFaultsAtRandom(t *testing.T) {
	n := uint64(seeds)
	if testing.Short() {
		n /= 10
	}
	for seed := range n {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			inTime(t, func(t *testing.T, l *lab) {
				w := newWorld(l, seed)
				w.run()
				if fault := w.judge(); fault != "" {
					t.Fatalf("seed %d: %s\n%s", seed, fault, w.screens())
				}
			})
		})
	}
}

// world is one run.
type world struct {
	*lab
	rnd    *rand.Rand
	server *actor // nil while there is none
	client []*actor
	last   *registry.Registry
	typed  []typedLine

	restarted []restart

	later []event

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
	return &world{lab: l, rnd: rand.New(rand.NewPCG(seed, 7)), stopped: map[string]bool{}, side: map[string]int{}}
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

// typedLine is a line typed, and what its typist had on the screen.
type typedLine struct {
	by    *actor
	text  string
	saw   []string // of the typist's screen, the lines typed anywhere
	there []*actor // who is to show it
}

// restart is how long the screens were when the server was started for the last time.
type restart struct {
	*actor
	lines int
}

const (
	worldClients = 4
	worldSteps   = 30
	maxFault     = 6 * time.Second
	worldQuiet   = 2*lastRetry + 2*agreement + 3*time.Second
)

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
	for _, a := range w.client {
		w.restarted = append(w.restarted, restart{a, len(a.screen.lines())})
	}
	w.startServer()
	<-time.After(worldQuiet)
	synctest.Wait()
	for _, a := range w.live() {
		w.types(a)
		synctest.Wait()
	}
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

// types has somebody type a line that nobody typed before.
func (w *world) types(a *actor) {
	line := typedLine{by: a, text: fmt.Sprintf("line %d of %s", len(w.typed), a.Name)}
	for _, shown := range a.screen.lines() {
		if _, text, ok := w.typedAt(shown); ok {
			line.saw = append(line.saw, text)
		}
	}
	for _, b := range w.live() {
		if w.there(b, a) {
			line.there = append(line.there, b)
		}
	}
	w.typed = append(w.typed, line)
	a.keys <- line.text
}

// there reports whether somebody is to show what is typed at a from now on: it has
// said that it is in, if it is a client, and has heard of a. That is the one thing
// that is not asked of the screens.
func (w *world) there(b, a *actor) bool {
	if b.Name != wire.Server && !slices.Contains(b.screen.lines(), b.Name.Who()+": initiated.") {
		return false
	}
	_, known := b.core.lock().Shown(wire.ID{Name: a.Name, Incarnation: a.Incarnation})
	b.core.unlock()
	return known
}

// times is how often a screen shows a line.
func times(a *actor, line string) (n int) {
	for _, l := range a.screen.lines() {
		if l == line {
			n++
		}
	}
	return n
}
