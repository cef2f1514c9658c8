package broadcast

import (
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
)

// A line waits for those that its AFTER lines name. These may not exist: a member
// can claim anything. So the member that should have such a line is asked. If the
// line is not sent, that member's AFTER lines for that process count no more.

const (
	dueInquiry = 200 * time.Millisecond // a line waits this long for a linked process before that is asked; so long it has to answer
	dueStalled = 600 * time.Millisecond // after this, if nothing has come over its link, others are asked
	dueProof   = 400 * time.Millisecond // and this long for lines that no slow link keeps from coming
	dueAtLast  = 500 * time.Millisecond // or so long for those that are here, and wait themselves
	maxDepth   = 8                      // of lines that wait for lines that wait, as far as is looked,
	maxLooked  = 1 << 20                // and how many lines in one Tick
	maxDoubts  = 64                     // processes, of one sender
	busy       = 64 << 10               // bytes of lines: a process that has sent these since it was asked may be about to answer
	maxAnswer  = 1 << 16                // lines: more than batchSize holds
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

// isDenied reports whether a linked process has said that it has not typed a line.
func (s *State) isDenied(d dep, since time.Time) bool {
	return d.inquiry.denied && d.received < d.seq && d.inquiry.answers(d.seq, since)
}

// waive drops those lines that a line of o waits for and that will not come. All of
// them were shown where that line was typed, and can be had from there if it is
// linked: unless that link or their sender's own is slow, they have come.
func (s *State) waive(o *sender, h *hold, patient bool) {
	h.deps = slices.DeleteFunc(h.deps, func(d dep) bool {
		switch {
		case d.settled(d.seq):
			return true
		case s.isDenied(d, h.since):
		case s.mustHaveCome(o, h, d, patient):
			s.miss(d.sender, d.seq)
		default:
			return false
		}
		o.doubt(d)
		return true
	})
}

// mustHaveCome reports whether a line of o has waited for d in vain.
func (s *State) mustHaveCome(o *sender, h *hold, d dep, patient bool) bool {
	return o.stream != nil && s.now.Sub(h.since) >= dueProof && !s.mayCome(d, search{o.stream, h.since, patient}, 0)
}

// search is how lines are looked at that a line waits for: the link that it came
// over, since when it has waited, and whether lines that are here, of processes that
// are linked, are waited for as long as these are waited for themselves.
type search struct {
	link    *Stream
	since   time.Time
	patient bool
}

// mayCome reports whether a line that another waits for may yet be shown.
func (s *State) mayCome(d dep, as search, depth int) bool {
	s.looked++
	switch {
	case s.looked > maxLooked || s.isDenied(d, as.since):
		return false
	case d.received >= d.seq: // and held back
		return as.patient && d.stream != nil || depth < maxDepth && s.mayBeShown(d, as, depth+1)
	case d.log.total >= d.total+busy: // total falls when lines are dropped
		return true
	case d.stream != nil:
		return slices.Contains(d.stream.incoming.wanted, d.sender) && d.stream.isSlow(as.since)
	}
	if h := d.holder(as.link); h != nil && h.first > d.received+1 { // its own link may bring them
		return d.met && !d.ended
	}
	return slices.Contains(as.link.incoming.wanted, d.sender) && as.link.isSlow(as.since)
}

// isSlow reports whether nothing has come over a link since a time.
func (st *Stream) isSlow(since time.Time) bool { return st.latest.Sub(since) < dueInquiry }

// mayBeShown reports whether a line that is held back waits for lines that may come,
// or for none any more.
func (s *State) mayBeShown(d dep, as search, depth int) bool {
	lacks := false
	for i := range d.holds {
		h := &d.holds[i]
		if h.seq > d.seq {
			break
		}
		for _, x := range h.deps {
			switch {
			case x.settled(x.seq) || s.isDenied(x, h.since):
			case s.mayCome(x, as, depth):
				return true
			default:
				lacks = true
			}
		}
	}
	return !lacks
}

// untangle has one line, which has waited for too long for lines that are here and
// wait themselves, wait no more, and reports whether there was one. Of two such lines
// of which one waits for the other it is that other.
func (s *State) untangle() bool {
	for _, o := range s.holding {
		if s.isTangled(o) {
			o = s.innermost(o, maxDepth)
			s.waive(o, &o.holds[0], false)
			return true
		}
	}
	return false
}

func (s *State) isTangled(o *sender) bool {
	if o.stream == nil || len(o.holds) == 0 || o.holds[0].over() {
		return false
	}
	h := &o.holds[0]
	return s.now.Sub(h.since) >= dueAtLast && slices.ContainsFunc(h.deps, func(d dep) bool { return s.mustHaveCome(o, h, d, false) })
}

func (s *State) innermost(o *sender, depth int) *sender {
	for _, d := range o.holds[0].deps {
		if depth > 0 && d.received >= d.seq && s.isTangled(d.sender) && d.holds[0].seq <= d.seq {
			return s.innermost(d.sender, depth-1)
		}
	}
	return o
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
