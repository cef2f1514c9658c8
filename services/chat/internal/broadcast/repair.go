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
	maxAnswer = 1 << 16     // lines: more than batchSize holds
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
	first  uint64 // it has no line before this one
}

// want is a WANT that is to be answered.
type want struct {
	*sender
	after uint64
	at    time.Time // when it was sent from here

	// Of its answer, when that is coming.
	left  uint64 // how many lines are to come
	from  uint64 // received before
	first uint64 // the first one, if it is not the one that was requested
}

// wants returns what the other side was asked for of a sender and has not sent yet.
func (st *Stream) wants(o *sender) *want {
	wanted := st.incoming.wanted
	if i := slices.IndexFunc(wanted, func(w *want) bool { return w.sender == o }); i >= 0 {
		return wanted[i]
	}
	return nil
}

// ask sends WANT, unless one for the same sender is still to be answered.
func (s *State) ask(st *Stream, o *sender, after uint64) bool {
	if st.isCut || st.wants(o) != nil {
		return false
	}
	st.incoming.wanted = append(st.incoming.wanted, &want{sender: o, after: after, at: s.now})
	s.member.Unblock()
	s.Send(st, wire.Want{ID: o.ID, Seq: after})
	return true
}

// learn records that the other side of a link has a sender's lines through seq.
func (s *State) learn(st *Stream, o *sender, seq uint64) {
	if seq <= o.received || o == s.self || o.forgotten {
		return
	}
	s.addGap(o, seq)
	if o.holder(st) == nil {
		o.holders = append(o.holders, holder{stream: st})
	}
	s.repair(o)
}

// addGap records that the lines through seq exist.
func (s *State) addGap(o *sender, seq uint64) {
	if !o.hasGap() {
		o.gap = gap{settledThrough: o.settledThrough, since: s.now}
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

// repair requests the missing lines of a sender and gives them up if no member sends
// them. They are to come over its own link if there is one: while that is silent, it is
// asked whether it works.
func (s *State) repair(o *sender) {
	if !o.hasGap() {
		return
	}
	s.tickSoon()
	switch {
	case !s.mayRelay(o):
		if min(s.now.Sub(o.since), s.now.Sub(o.stream.latest)) >= dueInquiry {
			s.ask(o.stream, o, o.received)
		}
	case o.shown < o.received:
		o.since = s.now // held lines come first
	case !s.request(o) && o.stream == nil && s.now.Sub(o.since) >= Unreachable:
		s.giveUp(o)
	}
}

// hasGap reports whether lines of the sender are missing.
func (o *sender) hasGap() bool { return o.received < o.known && !o.forgotten }

// request asks one of the holders, unless one is about to answer. It reports
// whether there is any.
func (s *State) request(o *sender) bool {
	var best *Stream
	for i := range o.holders {
		h := &o.holders[i]
		w := h.stream.wants(o)
		switch {
		case h.first > o.received+1:
		case w == nil:
			if best == nil || h.stream.from.held() < best.from.held() { // its answer comes behind fewer lines
				best = h.stream
			}
		case s.now.Sub(w.at) < dueAnswer && h.stream.latest.Sub(w.at) < dueInquiry: // it may be slow
			return true
		}
	}
	switch {
	case best != nil:
		s.ask(best, o, o.received)
		return true
	case o.askedAll || s.now.Sub(o.since) < dueAnswer:
		return false
	}
	o.askedAll = true
	for _, st := range s.streams {
		if o.holder(st) == nil {
			o.holders = append(o.holders, holder{stream: st})
			s.ask(st, o, o.received)
		}
	}
	return true
}

// answering processes LINES.
func (s *State) answering(st *Stream, m *wire.Lines) error {
	in := &st.incoming
	i := slices.IndexFunc(in.wanted, func(w *want) bool { return w.ID == m.ID })
	if i < 0 {
		return lines.Refuse("syntax", "LINES that were not asked for")
	}
	if m.Count > maxAnswer {
		return lines.Refuse("syntax", "an answer of %d lines", m.Count)
	}
	w := in.wanted[i]
	in.answer, w.left, w.from = w, m.Count, w.received
	if m.Count == 0 {
		s.deny(st, w)
		s.endAnswer(st)
	}
	return nil
}

// endAnswer processes the end of an answer. A member that had no lines is not asked
// again before it says that it has some.
func (s *State) endAnswer(st *Stream) {
	in := &st.incoming
	w := in.answer
	in.answer, in.wanted = nil, slices.DeleteFunc(in.wanted, func(x *want) bool { return x == w })
	o := w.sender
	came := o.received > w.from
	if came {
		o.since = s.now
	}
	if o.stream == st && !came {
		o.known = o.received // by its own word there is no more
	}
	switch h := o.holder(st); {
	case h == nil || came || !s.mayRelay(o):
	case w.first > 0:
		h.first = w.first
	default:
		o.drop(st)
	}
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
	case first == 0:
		o.known = o.received // until a member says again that it has more
	case s.now.Sub(o.since) >= lostAfter || o.ended && s.allLinked() && s.allAnswered(o):
		s.lose(o, first-1-o.received)
		s.reach(o, first-1)
		o.received, o.since = first-1, s.now
		s.request(o)
		return
	}
	s.abandon(o, s.awaited(o))
}

// allAnswered reports whether no link is yet to answer a request for lines of the
// sender.
func (s *State) allAnswered(o *sender) bool {
	return !slices.ContainsFunc(s.streams, func(st *Stream) bool { return st.wants(o) != nil })
}
