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

type ends struct{ from, to string }

// faults are those that the page has put on links.
type faults struct {
	mu   sync.Mutex
	wire *wire.Wire // nil: there are none
	set  map[ends]wire.Fault
	// open are the connections of both directions of a link, as they were found last.
	open map[ends]int
}

func newFaults(w *wire.Wire) *faults {
	return &faults{wire: w, set: make(map[ends]wire.Fault), open: make(map[ends]int)}
}

// links returns the links that have a connection or a fault, sorted.
func (f *faults) links() (all []Link) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wire == nil {
		return nil
	}
	for e, n := range f.open {
		all = append(all, Link{From: e.from, To: e.to, Connections: n})
	}
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
	slices.SortFunc(all, func(a, b Link) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return all
}

// look finds the connections that are open now.
func (f *faults) look() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wire == nil {
		return nil
	}
	all, err := f.wire.Connections("", "")
	if err != nil {
		return fmt.Errorf("the connections between the programs: %w", err)
	}
	clear(f.open)
	for _, c := range all {
		if c.From != wire.Other && c.To != wire.Other {
			f.open[ends{c.From, c.To}]++
			f.open[ends{c.To, c.From}]++
		}
	}
	return nil
}

// maxDelay bounds the delay of a link.
const maxDelay = 10 * time.Second

// do does to a link what a viewer asks for.
func (f *faults) do(what, from, to string, delay time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wire == nil {
		return errors.New("links cannot be broken here")
	}
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

// heal ends all faults of links.
func (f *faults) heal() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wire == nil {
		return nil
	}
	clear(f.set)
	return f.wire.Heal()
}
