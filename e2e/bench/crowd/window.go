package main

import (
	"errors"
	"sync"
	"time"
)

// ahead is how many turns the talkers may be ahead of the slowest listener.
const ahead = 2

// window lets talkers talk turn by turn, 0, 1, 2, …, each of which is over when
// all listeners have passed it.
type window struct {
	listeners int

	mu      sync.Mutex
	changed sync.Cond
	passed  [ahead]int // listeners that have passed a turn, for those that are not over
	over    int        // turns that all listeners have passed
	started int        // turns that some talker has begun
	closed  bool
	failed  error
}

func newWindow(listeners int) *window {
	w := &window{listeners: listeners}
	w.changed.L = &w.mu
	return w
}

// pass says that one more listener has passed that turn.
func (w *window) pass(turn int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passed[turn%ahead]++
	for w.passed[w.over%ahead] == w.listeners {
		w.passed[w.over%ahead] = 0
		w.over++
		w.changed.Broadcast()
	}
}

// begin waits until a turn may begin, and reports whether it may.
func (w *window) begin(turn int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.failed == nil && turn >= w.over+ahead {
		w.changed.Wait()
	}
	if w.failed != nil || w.closed && turn >= max(w.started, 1) {
		return false
	}
	w.started = max(w.started, turn+1)
	return true
}

// close lets no further turn begin, but the first: a busy machine may come to it
// only when the time is over.
func (w *window) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

// wait waits until all turns are over that have begun.
func (w *window) wait() error {
	late := time.AfterFunc(stuck, func() { w.fail(errors.New("lines are missing after " + stuck.String())) })
	defer late.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.failed == nil && w.over < w.started {
		w.changed.Wait()
	}
	return w.failed
}

// fail ends it; the first reason counts.
func (w *window) fail(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed == nil {
		w.failed = why
	}
	w.changed.Broadcast()
}
