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
	dueInquiry = 200 * time.Millisecond // a line waits this long for a linked process before that is asked; so long it has to answer
	dueStalled = 600 * time.Millisecond // after this, if nothing has come over its link, others are asked
	dueProof   = 500 * time.Millisecond // and this long for lines that no slow link keeps from coming
	dueAtLast  = 700 * time.Millisecond // or so long, for those that came later and wait themselves
	maxDepth   = 8                      // of lines that wait for lines that wait, as far as is looked
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

// mayCome reports whether a line that another has waited for since a time may yet be
// shown. All that a line waits for was shown where it was typed, so it can be had
// from there: unless the link by which it would come is slow, it has come.
func (s *State) mayCome(d dep, since time.Time, depth int) bool {
	slow := func(st *Stream) bool { return st.latest.Sub(since) < dueInquiry }
	switch {
	case s.isDenied(d, since):
		return false
	case d.received >= d.seq: // and held back
		return depth < maxDepth && s.mayBeShown(d, since, depth)
	case d.log.total-d.total >= busy:
		return true
	case d.stream != nil:
		return slow(d.stream)
	}
	return slices.ContainsFunc(d.holders, func(h holder) bool { return slow(h.stream) })
}

// mayBeShown reports whether a line that is held back, and for which another has
// waited, came a moment ago or waits for lines that may come.
func (s *State) mayBeShown(d dep, since time.Time, depth int) bool {
	patient := s.now.Sub(since) < dueAtLast
	for i := range d.holds {
		h := &d.holds[i]
		if h.seq > d.seq {
			break
		}
		if !h.over() && (patient && s.now.Sub(h.since) < dueProof ||
			slices.ContainsFunc(h.deps, func(x dep) bool { return s.mayCome(x, since, depth+1) })) {
			return true
		}
	}
	return false
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

// mayAnswer reports whether the other side of a link was asked and nothing has come
// over the link since: it may be slow.
func (h *holder) mayAnswer() bool {
	return !h.asked.IsZero() && h.stream.latest.Sub(h.asked) < dueInquiry
}
