package broadcast

import (
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// Unreachable is how long lines are waited for that no member has, of a process
// that there is no link to.
const Unreachable = 2 * time.Second

const (
	dueAnswer = time.Second // then another member is asked, and in the end all
	lostAfter = time.Minute // after this lines are lost, or at once if their process has ended and all others are linked and have answered
)

// gap is what is known of lines of a sender that others have and this member does
// not. They are repaired by anti-entropy: HAVE tells of them, WANT requests them.
type gap struct {
	known          uint64    // the latest line that any member has
	settledThrough uint64    // no line waits for those through this one
	since          time.Time // when the gap began, or some of it came, or the link ended
	holders        []holder
	askedAll       bool
}

// holder is a link whose other side has more.
type holder struct {
	stream *Stream
	has    uint64
	first  uint64    // it has no line before this one
	asked  time.Time // zero: it is not being asked
}

// mayAnswer reports whether the other side was asked and nothing has come over the
// link since: it may be slow.
func (h *holder) mayAnswer() bool { return !h.asked.IsZero() && h.stream.isSlow(h.asked) }

// have processes that the lines of a process are shown at a link's other side
// through seq.
func (s *State) have(st *Stream, id wire.ID, seq uint64) error {
	o, err := s.lookup(st, id, seq)
	if o != nil {
		s.learn(st, o, seq)
	}
	return err
}

// learn records that the other side of a link has a sender's lines through seq.
func (s *State) learn(st *Stream, o *sender, seq uint64) {
	if seq <= o.received || o == s.self || o.forgotten {
		return
	}
	s.addGap(o, seq)
	if h := o.holder(st); h != nil {
		h.has = max(h.has, seq)
	} else {
		o.holders = append(o.holders, holder{stream: st, has: seq})
	}
	s.repair(o)
}

// addGap records that the lines through seq exist.
func (s *State) addGap(o *sender, seq uint64) {
	if !o.hasGap() {
		o.gap = gap{settledThrough: o.settledThrough, since: s.now}
	}
	if !o.inGaps {
		o.inGaps = true
		s.gaps = append(s.gaps, o)
	}
	o.known = max(o.known, seq)
}

func (o *sender) holder(st *Stream) *holder {
	if i := slices.IndexFunc(o.holders, func(h holder) bool { return h.stream == st }); i >= 0 {
		return &o.holders[i]
	}
	return nil
}

// drop removes a link from the holders.
func (o *sender) drop(st *Stream) {
	o.holders = slices.DeleteFunc(o.holders, func(h holder) bool { return h.stream == st })
}

// repair requests the missing lines of a sender, unless they come over its own link,
// and gives them up if no member sends them.
func (s *State) repair(o *sender) {
	if !o.hasGap() || !s.mayRelay(o) {
		return
	}
	s.tickSoon()
	if o.shown < o.received {
		o.since = s.now // held lines come first
	} else if !s.request(o) && o.stream == nil && s.now.Sub(o.since) >= Unreachable {
		s.giveUp(o)
	}
}

// hasGap reports whether lines of the sender are missing.
func (o *sender) hasGap() bool { return o.inGaps && o.received < o.known && !o.forgotten }

// request asks one of the holders, unless one is about to answer. It reports
// whether there is any.
func (s *State) request(o *sender) bool {
	var best *holder
	for i := range o.holders {
		h := &o.holders[i]
		switch {
		case h.has <= o.received || h.first > o.received+1:
		case h.asked.IsZero():
			if best == nil || h.stream.from.held < best.stream.from.held { // its answer comes behind fewer lines
				best = h
			}
		case s.now.Sub(h.asked) < dueAnswer && h.mayAnswer():
			return true
		}
	}
	switch {
	case best != nil:
		s.ask(best, o)
		return true
	case o.askedAll || s.now.Sub(o.since) < dueAnswer:
		return false
	}
	o.askedAll = true
	for _, st := range s.streams {
		if o.holder(st) == nil {
			o.holders = append(o.holders, holder{stream: st, has: o.known})
			s.ask(&o.holders[len(o.holders)-1], o)
		}
	}
	return true
}

// ask sends WANT. A link is not asked for the same lines again before it has
// answered.
func (s *State) ask(h *holder, o *sender) {
	h.asked = s.now
	in := &h.stream.incoming
	if slices.Contains(in.wanted, o) || h.stream.isCut() {
		return
	}
	in.wanted = append(in.wanted, o)
	s.moving = true
	s.Send(h.stream, wire.Want{ID: o.ID, Seq: o.received})
}

// askAuthor asks the sender o of a line for the lines of x that it has answered.
func (s *State) askAuthor(o, x *sender) {
	if h := x.holder(o.stream); h != nil && h.asked.IsZero() && x.hasGap() && h.first <= x.received+1 && x.shown == x.received {
		s.ask(h, x)
	}
}

// answering processes LINES.
func (s *State) answering(st *Stream, m *wire.Lines) error {
	in := &st.incoming
	i := slices.IndexFunc(in.wanted, func(o *sender) bool { return o.ID == m.ID })
	if i < 0 {
		return lines.Refuse("syntax", "LINES that were not asked for")
	}
	if m.Count > maxAnswer {
		return lines.Refuse("syntax", "an answer of %d lines", m.Count)
	}
	o := in.wanted[i]
	in.wanted = slices.Delete(in.wanted, i, i+1)
	if m.Count == 0 {
		o.inquiry.denied = o.inquiry.denied || o.stream == st && o.inquiry.seq > 0
		s.denied(st.from, o)
	}
	in.lines, in.left, in.from = o, m.Count, o.received
	if in.left == 0 {
		s.endAnswer(st)
	}
	return nil
}

// endAnswer processes the end of an answer. A member that had no lines is not asked
// again before it says that it has some.
func (s *State) endAnswer(st *Stream) {
	in := &st.incoming
	o := in.lines
	came := o.received > in.from
	if came {
		o.since = s.now
	}
	if h := o.holder(st); h != nil {
		h.asked = time.Time{}
		switch {
		case came || in.ignored:
		case in.first > 0:
			h.first = in.first
		default:
			o.drop(st)
		}
	}
	in.lines, in.first, in.ignored = nil, 0, false
	s.repair(o)
}

// giveUp abandons lines that no member has sent. If a member has later ones, those
// are requested, and the lines between are lost.
func (s *State) giveUp(o *sender) {
	var first uint64 // that a member has
	for _, h := range o.holders {
		if h.first > o.received+1 && (first == 0 || h.first < first) {
			first = h.first
		}
	}
	switch {
	case first > 0 && s.now.Sub(o.since) < lostAfter && !(o.ended && s.allLinked() && s.allAnswered(o)):
		s.abandon(o, s.awaited(o))
	case first > 0:
		s.lose(o, first-1-o.received)
		s.reach(o, first-1)
		o.received, o.since = first-1, s.now
		s.request(o)
	default:
		o.known = o.received // until a member says again that it has more
		s.abandon(o, s.awaited(o))
	}
}

// allAnswered reports whether no link is yet to answer a request for lines of the
// sender.
func (s *State) allAnswered(o *sender) bool {
	return !slices.ContainsFunc(s.streams, func(st *Stream) bool {
		return st.incoming.lines == o || slices.Contains(st.incoming.wanted, o)
	})
}
