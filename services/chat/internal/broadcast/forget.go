package broadcast

import (
	"cmp"
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
)

// maxForgotten is how many records of senders that were forgotten are kept, and at
// most as many older ones.
const maxForgotten = 4 * MaxSenders

// maxAhead is how much later than now, or than this process, another process can
// have started by its incarnation: clocks differ.
const maxAhead = 24 * time.Hour

// Credible reports whether a process can have an incarnation: it is not more than
// a day later than now, nor than own, the incarnation of this process. A greater
// one would make its process younger than all that are started later.
func Credible(incarnation, own uint64, now time.Time) bool {
	latest := max(own, uint64(max(0, now.UnixMicro()))) + uint64(maxAhead.Microseconds())
	return incarnation <= latest
}

func (s *State) credible(incarnation uint64) bool {
	return Credible(incarnation, s.self.Incarnation, s.now.Add(s.late))
}

// record is what is kept of a forgotten sender, so that none of its lines is shown
// twice if its process comes back.
type record struct {
	shown uint64
	seen  bool
}

// records are those of the senders that were forgotten last, in two generations.
type records struct{ recent, older map[wire.ID]record }

func (r *records) add(id wire.ID, x record) {
	if r.recent == nil || len(r.recent) == maxForgotten {
		r.recent, r.older = make(map[wire.ID]record), r.recent
	}
	r.recent[id] = x
}

func (r *records) get(id wire.ID) (x record, known bool) {
	if x, known = r.recent[id]; !known {
		x, known = r.older[id]
	}
	return x, known
}

// find returns the sender of a process that was heard of before, or nil.
func (s *State) find(id wire.ID) *sender {
	o := s.senders[id]
	if o == nil {
		if x, known := s.forgotten.get(id); known {
			o = s.create(id, x.shown)
			o.met, o.seen = true, x.seen
		}
	}
	return o
}

// forget drops a sender without a link, that with the least evictionPriority.
// Among equals it drops the one of which no line was shown for longest.
func (s *State) forget() {
	var least *sender
	for _, o := range s.ordered {
		if o != s.self && o.stream == nil && o.shown == o.received && (least == nil || o.before(least)) {
			least = o
		}
	}
	if least == nil {
		return
	}
	if least.met || least.seen {
		s.forgotten.add(least.ID, record{least.shown, least.seen})
	}
	if least.seen {
		s.counts.Forgotten++
	}
	least.forgotten = true
	s.kept -= least.log.size
	least.log = log{}
	s.dropOnScreen(least)
	delete(s.senders, least.ID)
	s.ordered = slices.DeleteFunc(s.ordered, func(o *sender) bool { return o == least })
}

func (o *sender) before(other *sender) bool {
	return cmp.Or(
		cmp.Compare(o.evictionPriority(), other.evictionPriority()),
		cmp.Compare(o.round, other.round),
		cmp.Compare(o.Incarnation, other.Incarnation)) < 0
}

// evictionPriority is lowest for a process that others have named and that was
// never met, and highest for one that may come back.
func (o *sender) evictionPriority() int {
	switch {
	case !o.met && !o.seen:
		return 0
	case o.ended:
		return 1
	}
	return 2
}
