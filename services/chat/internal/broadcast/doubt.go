package broadcast

import (
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
)

// A line waits for those that its AFTER lines name. These may not exist: a member
// can claim anything. So whoever should have such a line is asked, and if it is not
// sent, that member's AFTER lines for lines of that process count no more.

const (
	dueInquiry   = 200 * time.Millisecond  // a line waits this long for a linked process before that is asked; so long it has to answer
	dueStalled   = 600 * time.Millisecond // after this, if nothing has come over its link, others are asked
	dueTestimony = 400 * time.Millisecond  // and this long for one that its sender has shown, before that is believed
	maxDoubts    = 64                      // processes, of one sender
	maxAnswer    = 1 << 16                 // lines: more than batchSize holds
)

// inquiry is a question to a process over its own link: whether it has typed line
// seq.
type inquiry struct {
	seq    uint64 // 0: none was asked
	at     time.Time
	denied bool // it has not, nor any later one
}

// answers reports whether the inquiry says if line seq, which a line that came at
// the time since has named, exists.
func (q inquiry) answers(seq uint64, since time.Time) bool {
	if q.denied {
		return seq >= q.seq && !since.After(q.at)
	}
	return seq <= q.seq
}

// inquire asks a linked process for a line that another has waited for.
func (s *State) inquire(d dep, since time.Time) {
	in := &d.stream.incoming
	if !d.inquiry.answers(d.seq, since) && !slices.Contains(in.wanted, d.sender) && !d.stream.isCut() {
		d.inquiry = inquiry{seq: d.seq, at: s.now}
		in.wanted = append(in.wanted, d.sender)
		s.moving = true
		s.Send(d.stream, wire.Want{ID: d.ID, Seq: d.seq - 1})
	}
}

// isStalled reports whether nothing comes over the link of a process that was asked.
func (s *State) isStalled(o *sender) bool {
	return o.inquiry.seq > 0 && o.stream.latest.Before(o.inquiry.at) && s.now.Sub(o.inquiry.at) >= dueStalled
}

// disproved reports whether a linked process has not typed a line that a line of
// o has named, or does not send it although its link works.
func (s *State) disproved(o *sender, d dep, since time.Time) bool {
	if d.looked != d.received {
		d.looked, d.stuckSince = d.received, s.now
	}
	q := d.inquiry
	switch {
	case q.seq == 0:
		return false
	case q.denied && q.answers(d.seq, since):
	case d.stream.latest.Sub(q.at) >= dueInquiry && s.now.Sub(d.stuckSince) >= dueInquiry:
		s.miss(d.sender, d.seq)
	default:
		return false
	}
	o.doubt(d)
	return true
}

// unobtainable reports whether a line of a process without a link, which a line of o
// has named, cannot be had in order: the process may not exist, or whoever has the
// line lacks those before it.
func (s *State) unobtainable(o *sender, d dep) bool {
	if s.mayRelay(d.sender) && !d.isBehindHole() {
		return false
	}
	s.abandon(d.sender, d.seq)
	o.doubt(d)
	return true
}

// isBehindHole reports whether members have lines of the sender, and none has the
// next one.
func (o *sender) isBehindHole() (hole bool) {
	for _, h := range o.holders {
		if h.first > o.received+1 {
			hole = true
		} else if h.has > o.received {
			return false
		}
	}
	return hole
}

// doubt records that o has named a line that could not be had.
func (o *sender) doubt(d dep) {
	if d.claimed && !slices.Contains(o.doubts, d.sender) {
		if len(o.doubts) == maxDoubts {
			o.doubts = slices.Delete(o.doubts, 0, 1)
		}
		o.doubts = append(o.doubts, d.sender)
	}
}

// denied is called when a member has no lines of x after those that are here. If
// its own lines claim to answer such lines they wait for them no more.
func (s *State) denied(o, x *sender) {
	for i := range o.holds {
		h := &o.holds[i]
		h.deps = slices.DeleteFunc(h.deps, func(d dep) bool {
			if d.sender != x || !d.claimed || d.seq <= x.received {
				return false
			}
			o.doubt(d)
			return true
		})
	}
}

// testify is called when a line has waited for line seq of o alone, which is here
// and waits for others. Its sender has shown that line without them, and would else
// have named them. So line seq does not wait for lines of processes without a link
// any more, unless somebody may yet send them.
func (s *State) testify(o *sender, seq uint64) {
	for i := range o.holds {
		h := &o.holds[i]
		if h.seq > seq {
			break
		}
		h.deps = slices.DeleteFunc(h.deps, func(d dep) bool {
			if d.stream != nil || d.received >= d.seq || d.isAwaited() {
				return false
			}
			if !d.settled(d.seq) {
				s.abandon(d.sender, d.seq)
			}
			o.doubt(d)
			return true
		})
	}
}

// isAwaited reports whether a member was asked for lines of the sender, and nothing
// has come from it since: it may be slow.
func (o *sender) isAwaited() bool {
	return slices.ContainsFunc(o.holders, func(h holder) bool {
		return !h.asked.IsZero() && h.stream.latest.Sub(h.asked) < dueInquiry
	})
}
