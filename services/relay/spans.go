package relay

import (
	"cmp"
	"slices"
	"sync"
)

// segment is how much of a file is asked for at a time.
const segment = 16 << 20

// span is a part of a file: the bytes from on, up to to.
type span struct{ from, to int64 }

// spans keeps account of which parts of a file are here, which are being
// fetched, and which are still to be had. All methods may be called by any
// goroutine.
type spans struct {
	mu     sync.Mutex
	change sync.Cond // something has come in, or stopped was called
	todo   []span    // sorted
	have   []span    // sorted, none touches another
	ended  bool
}

// newSpans returns the account of a file of which the first bytes are here, and
// the others are to be had.
func newSpans(here, size int64) *spans {
	s := &spans{}
	s.change.L = &s.mu
	if here > 0 {
		s.have = []span{{0, here}}
	}
	if here < size {
		s.todo = []span{{here, size}}
	}
	return s
}

// take hands out the first part that is to be had, at most a segment.
func (s *spans) take() (span, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.todo) == 0 {
		return span{}, false
	}
	t := &s.todo[0]
	got := span{t.from, min(t.to, t.from+segment)}
	if t.from = got.to; t.from == t.to {
		s.todo = s.todo[1:]
	}
	return got, true
}

// giveBack says that a part that was taken has not been had.
func (s *spans) giveBack(p span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.from < p.to {
		s.todo = merge(s.todo, p)
	}
}

// got says that a part is here.
func (s *spans) got(p span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.from < p.to {
		s.have = merge(s.have, p)
		s.change.Broadcast()
	}
}

// frontier returns how many bytes are here without a gap.
func (s *spans) frontier() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.frontierLocked()
}

func (s *spans) frontierLocked() int64 {
	if len(s.have) == 0 || s.have[0].from > 0 {
		return 0
	}
	return s.have[0].to
}

// left returns how many bytes nobody has taken yet.
func (s *spans) left() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.todo {
		n += t.to - t.from
	}
	return n
}

// past waits until the frontier is beyond at and returns it. When nothing more
// will come it returns the frontier, wherever that is.
func (s *spans) past(at int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.frontierLocked() <= at && !s.ended {
		s.change.Wait()
	}
	return s.frontierLocked()
}

// stop says that nothing more will come.
func (s *spans) stop() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.change.Broadcast()
}

// merge adds p to sorted parts and joins those that touch.
func merge(all []span, p span) []span {
	i, _ := slices.BinarySearchFunc(all, p.from, func(s span, at int64) int { return cmp.Compare(s.from, at) })
	all = slices.Insert(all, i, p)
	out := all[:1]
	for _, s := range all[1:] {
		if last := &out[len(out)-1]; s.from <= last.to {
			last.to = max(last.to, s.to)
		} else {
			out = append(out, s)
		}
	}
	return out
}
