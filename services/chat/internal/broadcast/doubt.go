package broadcast

import (
	"slices"
	"time"
)

// A line waits for those that its AFTER lines name. These may not exist: a member
// can claim anything. All that a line answers was shown where it was typed, and was
// sent before: over the link of its sender, or else it can be requested from where it
// was named. So once anything later has come over that link, it has come.

const (
	dueInquiry = 200 * time.Millisecond // a line waits this long for others before these are requested
	dueProof   = 500 * time.Millisecond // and this long for lines that no slow link keeps from coming
	dueStalled = 600 * time.Millisecond // if nothing comes over the link of a process that was asked, others are asked after this
	busy       = 64 << 10               // bytes of lines: if a process has sent these within dueProof, what it was asked for may be behind them
	maxLooked  = 1 << 20                // lines that others wait for, as far as is looked in one Tick
	maxDoubts  = 64                     // processes, of one sender
)

// search is a walk over a line that has waited for long, and all that it waits for.
type search struct {
	*State
	link    *Stream         // of its sender, or nil
	since   time.Time       // when that line came
	through map[*sender]int // holds that were looked at
	order   []held          // the same, those that others wait for first
}

// held is a hold and its sender.
type held struct {
	*sender
	*hold
}

// mayCome reports whether a slow link may yet bring what the lines of a sender
// through seq wait for. It requests what is not here.
func (x *search) mayCome(o *sender, seq uint64) bool {
	for i := x.through[o]; i < len(o.holds) && o.holds[i].seq <= seq; i = x.through[o] {
		x.through[o]++
		for _, d := range o.holds[i].deps {
			x.looked++
			switch {
			case x.looked > maxLooked:
				return false
			case d.settled(d.seq):
			case d.received >= d.seq:
				if x.mayCome(d.sender, d.seq) {
					return true
				}
			case x.isComing(d):
				return true
			}
		}
		x.order = append(x.order, held{o, &o.holds[i]})
	}
	return false
}

// isComing requests a line that is not here, and reports whether the link by which
// it must come is slow.
func (x *search) isComing(d dep) bool {
	link := d.stream
	switch {
	case link != nil:
		if d.asked < d.seq && x.ask(link, d.sender, d.seq-1) {
			d.asked = d.seq
		}
	case x.link != nil:
		link = x.link
		switch h := d.holder(link); {
		case h == nil:
		case h.first > d.received+1: // dropped there; if this member was cut off from both, its own link is about to bring it
			return d.met && !d.ended && x.now.Sub(link.began) < Unreachable
		case d.hasGap() && d.shown == d.received:
			x.ask(link, d.sender, d.received)
		}
	default:
		return false
	}
	slow := x.flows(link.from) || link.latest.Sub(x.since) < dueInquiry
	return slow && link.wants(d.sender) != nil
}

// flows reports whether so many lines of a process come that one may be behind them.
func (s *State) flows(o *sender) bool {
	if o.log.total >= o.flow+busy {
		o.flow, o.flowed = o.log.total, s.now
	}
	return s.now.Sub(o.flowed) < dueProof
}

// expedite ends the wait of a sender's first line that is held back, if it has lasted
// too long, and reports whether it did. What that line waits for and is here is shown
// before it.
func (s *State) expedite(o *sender) bool {
	if len(o.holds) == 0 {
		return false
	}
	h := &o.holds[0]
	age := s.now.Sub(h.since)
	switch {
	case age < dueInquiry:
		return false
	case age >= MaxWait:
		for _, d := range h.deps {
			s.abandon(d.sender, d.seq)
		}
		h.deps = nil
		return s.release(o)
	}
	x := search{State: s, link: o.stream, since: h.since, through: make(map[*sender]int)}
	if x.mayCome(o, h.seq) || o.stream == nil || age < dueProof {
		return false
	}
	for _, late := range x.order {
		s.waive(late.sender, late.hold, func(d dep) bool {
			s.miss(d.sender, d.seq)
			return true
		})
		s.release(late.sender)
	}
	return true
}

// waive removes from what a line of o waits for the lines that without selects, and
// records that o has named them in vain.
func (s *State) waive(o *sender, h *hold, without func(dep) bool) {
	h.deps = slices.DeleteFunc(h.deps, func(d dep) bool {
		switch {
		case d.settled(d.seq):
			return true
		case !without(d):
			return false
		case d.claimed && !slices.Contains(o.doubts, d.sender):
			if len(o.doubts) == maxDoubts {
				o.doubts = slices.Delete(o.doubts, 0, 1)
			}
			o.doubts = append(o.doubts, d.sender)
		}
		return true
	})
}

// deny processes an answer without lines: no line of the member that has sent it
// waits for such lines any more, and if they are its own no line of any other.
func (s *State) deny(st *Stream, w *want) {
	if w.stream == st {
		w.asked = 0
	}
	for _, o := range s.holding {
		if o != st.from && w.stream != st {
			continue
		}
		for i := range o.holds {
			s.waive(o, &o.holds[i], func(d dep) bool {
				return d.sender == w.sender && d.seq > max(w.after, d.received) && !o.holds[i].since.After(w.at)
			})
		}
	}
}

// isStalled reports whether nothing comes over the link of a process that was asked.
func (s *State) isStalled(o *sender) bool {
	w := o.stream.wants(o)
	return w != nil && o.stream.latest.Before(w.at) && s.now.Sub(w.at) >= dueStalled
}
