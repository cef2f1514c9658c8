package console

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"peerlab/lab/wire"
)

// Link is a directed link as the page shows it.
type Link struct {
	From        string `json:"from"`
	To          string `json:"to"`
	Connections int    `json:"connections"`     // that are open, opened by either
	Fault       string `json:"fault,omitempty"` // what is done to its packets
	Held        int    `json:"held,omitempty"`  // packets that wait
}

// links are those between the programs, and what can be done to them. All methods may be
// called by any goroutine.
type links interface {
	// all returns the links that have a connection or a fault, sorted.
	all() []Link
	// look finds the connections that are open now.
	look() error
	// do does to a link what a viewer asks for.
	do(what, from, to string, delay time.Duration) error
	// heal ends all faults.
	heal() error
}

// noLinks are none.
type noLinks struct{}

var errNoLinks = errors.New("links cannot be broken here")

func (noLinks) all() []Link                                    { return nil }
func (noLinks) look() error                                    { return nil }
func (noLinks) do(string, string, string, time.Duration) error { return errNoLinks }
func (noLinks) heal() error                                    { return nil }

type ends struct{ from, to string }

// faults are the links of a wire, with the faults that the page has put on them.
type faults struct {
	mu   sync.Mutex
	wire *wire.Wire
	set  map[ends]wire.Fault
	// open are the connections of both directions of a link, as they were found last.
	open map[ends]int
}

func newFaults(w *wire.Wire) *faults {
	return &faults{wire: w, set: make(map[ends]wire.Fault), open: make(map[ends]int)}
}

func (f *faults) all() (all []Link) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all = connected(f.open)
	for e := range f.set {
		if f.open[e] == 0 {
			all = append(all, Link{From: e.from, To: e.to})
		}
	}
	for i := range all {
		l := &all[i]
		if fault, set := f.set[ends{l.From, l.To}]; set {
			l.Fault = fault.String()
			l.Held = f.wire.Held(l.From, l.To)
		}
	}
	sortLinks(all)
	return all
}

// connected returns the links with so many connections.
func connected(open map[ends]int) (all []Link) {
	for e, n := range open {
		all = append(all, Link{From: e.from, To: e.to, Connections: n})
	}
	return all
}

func sortLinks(all []Link) {
	slices.SortFunc(all, func(a, b Link) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
}

func (f *faults) look() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	all, err := f.wire.Connections("", "")
	if err != nil {
		return fmt.Errorf("the connections between the programs: %w", err)
	}
	clear(f.open)
	for _, c := range all {
		join(f.open, c.From, c.To, 1)
	}
	return nil
}

// join counts n connections more between two programs, in both directions.
func join(open map[ends]int, one, other string, n int) {
	if one != wire.Other && other != wire.Other {
		open[ends{one, other}] += n
		open[ends{other, one}] += n
	}
}

// maxDelay bounds the delay of a link.
const maxDelay = 10 * time.Second

func (f *faults) do(what, from, to string, delay time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := ends{from, to}
	switch what {
	case "cut":
		return f.setLocked(e, wire.Fault{Drop: true})
	case "hold":
		return f.setLocked(e, wire.Fault{Hold: true})
	case "delay":
		if delay <= 0 || delay > maxDelay {
			return fmt.Errorf("a delay is 1 to %d ms", maxDelay.Milliseconds())
		}
		return f.setLocked(e, wire.Fault{Delay: delay})
	case "heal":
		return f.setLocked(e, wire.Fault{})
	case "pass":
		if f.wire.Pass(from, to, 1) == 0 {
			return fmt.Errorf("nothing is held on the way from %s to %s", from, to)
		}
		return nil
	case "reset":
		n, err := f.wire.Reset(from, to)
		if err == nil && n == 0 {
			return fmt.Errorf("there is no connection between %s and %s", from, to)
		}
		return err
	}
	return fmt.Errorf("there is no action %q", what)
}

func (f *faults) setLocked(e ends, fault wire.Fault) error {
	if err := f.wire.Set(e.from, e.to, fault); err != nil {
		return err
	}
	f.set[e] = fault
	if fault == (wire.Fault{}) {
		delete(f.set, e)
	}
	return nil
}

func (f *faults) heal() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.set)
	return f.wire.Heal()
}
