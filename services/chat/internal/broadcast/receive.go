package broadcast

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// incoming is what a stream remembers of the lines that it has received.
type incoming struct {
	after []byte // the AFTER lines in front of the next MSG
	count int    // of them
	deps  []dep  // lines that they name and that are not shown here

	wanted []*want // WANT lines that are to be answered
	answer *want   // that of which lines are coming
}

// Begin must be called before lines of a stream are received that came together,
// and Release after them. While Tick is due, there is a call every TickAfter: what is
// much longer than that is time in which the process did not run.
func (s *State) Begin(now time.Time) {
	if s.ticking {
		s.late += max(0, now.Add(-s.late).Sub(s.now)-2*TickAfter)
	}
	s.now = now.Add(-s.late)
}

// Receive processes a line that came over a link, without its end. It returns the
// message if it is not about lines of the chat, and PEER, for the caller to
// process. The error is a *lines.Refusal: the link must be closed with it.
func (s *State) Receive(st *Stream, line []byte) (rest wire.Message, err error) {
	if st.latest = s.now; st.began.IsZero() {
		st.began = s.now
	}
	if seq, text, ok := st.plain(line); ok {
		s.arrive(st, st.from, seq, text, line)
		return nil, nil
	}
	m, err := wire.Parse(line)
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *wire.Keepalive:
		return nil, nil
	case *wire.Peer:
		known, err := s.have(st, entry{m.ID, m.Have}, false)
		if known || err != nil || !s.credible(m.Incarnation) {
			return nil, err
		}
	case *wire.Msg, *wire.After, *wire.Have, *wire.Want, *wire.Lines:
		if !st.isCut {
			err = s.receive(st, m, line)
		}
		return nil, err
	}
	return m, nil
}

// Pending returns how many lines of the other side's digest are to come.
func (st *Stream) Pending() int { return st.pending }

func (s *State) receive(st *Stream, m wire.Message, line []byte) error {
	in := &st.incoming
	switch m := m.(type) {
	case *wire.Msg:
		return s.receiveMsg(st, m, line)
	case *wire.After:
		return s.receiveAfter(st, m, line)
	}
	switch {
	case in.count > 0:
		return lines.Refuse("syntax", "AFTER is not followed by MSG")
	case in.answer != nil:
		return lines.Refuse("syntax", "LINES is not followed by that many")
	}
	switch m := m.(type) {
	case *wire.Have:
		_, err := s.have(st, entry{m.ID, m.Seq}, true)
		return err
	case *wire.Want:
		return s.want(st, m.ID, m.Seq)
	case *wire.Lines:
		return s.answering(st, m)
	}
	return nil
}

// plain parses a line that is nothing but the next one of the link's own process,
// as nearly all are. Any other line is for Parse to judge. A line takes 86 ns with it
// and 130 without (BenchmarkTake).
func (st *Stream) plain(line []byte) (seq uint64, text []byte, ok bool) {
	if !bytes.HasPrefix(line, st.from.prefix) || st.incoming.count > 0 || st.incoming.answer != nil || st.isCut {
		return 0, nil, false
	}
	line = line[len(st.from.prefix):]
	for i, c := range line {
		switch {
		case c >= '1' && c <= '9', c == '0' && i > 0:
			seq = seq*10 + uint64(c-'0')
		case c == ' ' && i > 0 && i <= wire.MaxDigits:
			text = line[i+1:]
			return seq, text, len(text) <= wire.MaxText
		default:
			return 0, nil, false
		}
	}
	return 0, nil, false
}

// author returns the sender of the next MSG.
func (st *Stream) author() *sender {
	if w := st.incoming.answer; w != nil {
		return w.sender
	}
	return st.from
}

func (s *State) receiveAfter(st *Stream, m *wire.After, line []byte) error {
	in := &st.incoming
	if in.count++; in.count > MaxSenders {
		return lines.Refuse("syntax", "more than %d lines AFTER", MaxSenders)
	}
	in.after = append(append(in.after, line...), '\n')
	author := st.author()
	o, err := s.lookup(st, m.ID, uncounted)
	if err != nil {
		return err
	}
	if o == nil || o == s.self || o == author {
		return nil
	}
	o.name(m.Seq)
	if !o.settled(m.Seq) && (m.Seq <= o.received || !slices.Contains(author.doubts, o)) {
		in.deps = append(in.deps, dep{o, m.Seq, true})
	}
	return nil
}

func (s *State) receiveMsg(st *Stream, m *wire.Msg, line []byte) error {
	in := &st.incoming
	o, relayed := st.author(), in.answer
	if m.Name != o.Name {
		return lines.Refuse("sender", "%s sent a line in the name of %s", st.from.Name.Display(), lines.Quote([]byte(m.Name)))
	}
	if len(m.Text) > wire.MaxText {
		return lines.Refuse("syntax", "a text of more than %d bytes", wire.MaxText)
	}
	switch {
	case o.stream != st && !s.mayRelay(o):
		in.clear()
	case relayed != nil && (o.forgotten || m.Seq > o.received+1): // perhaps another member has those between
		relayed.first = cmp.Or(relayed.first, m.Seq)
		in.clear()
	default:
		s.arrive(st, o, m.Seq, m.Text, line)
	}
	if relayed != nil {
		if relayed.left--; relayed.left == 0 {
			s.endAnswer(st)
		}
	}
	return nil
}

// clear drops what belongs to the next MSG.
func (in *incoming) clear() { in.after, in.deps, in.count = in.after[:0], in.deps[:0], 0 }

// arrive shows line seq of a sender, or holds it back.
func (s *State) arrive(st *Stream, o *sender, seq uint64, text, line []byte) {
	in := &st.incoming
	if o.baseline != nil && o.shown == o.received { // or else the line is behind one that waits for it
		in.deps = append(in.deps, o.mayAnswer()...)
	}
	switch {
	case o.stream == st && o.relayed > 0:
		s.verify(o, seq, text)
	case o.stream != st && o.relayed == 0 && seq > o.received:
		o.relayed = seq
	}
	if seq <= o.received && seq > st.last && o.stream == st && !o.seen && o.shown == o.received {
		o.shown, o.received = seq-1, seq-1 // others named lines that it had not typed
	}
	switch {
	case seq <= o.received: // it came over another link
	case len(in.deps) == 0 && o.shown == o.received: // as nearly always
		s.keep(o, seq, in.after, line)
		s.show(o, seq, text)
	default:
		s.holdBack(st, o, seq, line)
	}
	in.clear()
}

// Release shows the lines that were held back for lines that are shown now.
func (s *State) Release() {
	for progress := len(s.holding) > 0; progress; {
		progress = false
		s.holding = slices.DeleteFunc(s.holding, func(o *sender) bool {
			progress = s.release(o) || progress
			return o.shown == o.received
		})
		if progress {
			s.member.Unblock()
		}
	}
}

// release shows what can be shown of one sender, and reports whether that is any.
func (s *State) release(o *sender) bool {
	before := o.shown
	for o.shown < o.received {
		through := o.received
		if len(o.holds) > 0 {
			h := &o.holds[0]
			if h.over() {
				o.holds = o.holds[1:]
				continue
			}
			through = h.seq - 1
		}
		unit, seq := o.log.next(o.shown)
		if seq > through {
			break
		}
		s.held -= len(unit)
		s.show(o, seq, textOf(unit))
	}
	if o.shown == o.received && o.hasLeft {
		o.hasLeft = false
		s.member.Left(o.Name)
	}
	return o.shown > before
}
