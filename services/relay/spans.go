package relay

import (
	"cmp"
	"slices"
	"sync"
)

// segment is the largest part that is requested at once.
const segment = 16 << 20

// span is a part of a file: the bytes from from up to, but not including, to.
type span struct{ from, to int64 }

// spans records which parts of a file have been received, which are being fetched and
// which are unassigned. All methods are safe for concurrent use.
type spans struct {
	mu     sync.Mutex
	change sync.Cond // have has changed, or stop was called
	todo   []span    // unassigned; sorted
	have   []span    // received; sorted, not adjacent
	ended  bool
}

// newSpans returns the spans of a file whose first here bytes have been received.
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

// take assigns the first unassigned part, at most a segment, to the caller.
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

// putBack returns an assigned part that was not received.
func (s *spans) putBack(p span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.from < p.to {
		s.todo = merge(s.todo, p)
	}
}

// got records that a part has been received.
func (s *spans) got(p span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.from < p.to {
		s.have = merge(s.have, p)
		s.change.Broadcast()
	}
}

// frontier returns the number of received bytes before the first gap.
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

// unassigned returns the number of unassigned bytes.
func (s *spans) unassigned() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.todo {
		n += t.to - t.from
	}
	return n
}

// waitPast waits until the frontier is beyond at, or stop is called, and returns the
// frontier.
func (s *spans) waitPast(at int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.frontierLocked() <= at && !s.ended {
		s.change.Wait()
	}
	return s.frontierLocked()
}

// stop ends all calls of waitPast, since nothing more will be received.
func (s *spans) stop() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.change.Broadcast()
}

// merge inserts p into sorted parts and joins adjacent ones.
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
