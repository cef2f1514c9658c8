package broadcast

import (
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

const (
	batchSize   = 256 << 10 // bytes of lines in one write, about, so that control lines get in between
	maxControl  = 1 << 20   // bytes of control lines that may wait in a stream
	maxRequests = 256       // processes whose lines one link may request at a time
)

// Stream is one link, as the State uses it. Lines typed here are not queued: all
// streams read them from one log.
type Stream struct {
	Link  any // as given to Meet
	peer  wire.ID
	last  uint64  // the LAST of its HELLO
	from  *sender // the process at the other side
	round uint64  // the first round of Advertise that it lacks

	ready    wire.Ready
	control  []byte    // lines that wait to be sent, the digest first
	requests []want    // of the other side; for lines typed here, the answer follows line want.after
	isCut    bool      // it is being closed; nothing is received any more
	began    time.Time // when something came for the first time,
	latest   time.Time // and for the last

	digest   []entry // lines of the other side's digest that say something new
	pending  int     // lines of it to come
	named    int     // processes that this link was the first to name
	incoming incoming
}

// Join adds a link that is up. pending is the COUNT of the other side's READY: if its
// digest is empty, Join processes it.
func (s *State) Join(st *Stream, pending int) {
	st.pending = pending
	if st.from = s.find(st.peer); st.from == nil { // forgotten during the handshake, and too many since
		st.from = s.create(st.peer, st.last)
	}
	st.from.stream, st.from.ended = st, false
	if st.from.shown == st.from.received { // or else lines before one that is held back were left out
		st.from.settledThrough = 0
	}
	s.streams = append(s.streams, st)
	if st.pending == 0 {
		st.count()
	}
}

// Part removes a link, and tells all others how far the lines of its process are
// shown here.
func (s *State) Part(st *Stream, now time.Time) {
	s.Begin(now)
	s.streams = slices.DeleteFunc(slices.Clone(s.streams), func(other *Stream) bool { return other == st })
	o := st.from
	if o.stream == st {
		o.stream, o.asked, o.counting = nil, 0, false
	}
	if o.shown > 0 && o.shown != uncounted && !o.forgotten {
		have := wire.Have{ID: o.ID, Seq: o.shown}
		for _, other := range s.streams {
			s.Send(other, have)
		}
	}
	o.since = s.now
	for _, x := range s.ordered {
		x.drop(st)
		s.repair(x)
	}
}

// Leave records that the process of a link has left. The screen shows it after
// the latest line.
func (s *State) Leave(st *Stream) {
	o := st.from
	o.ended = true
	if o.shown < o.received {
		o.hasLeft = true
	} else {
		s.member.Left(o.Name)
	}
}

// Send queues a control line.
func (s *State) Send(st *Stream, m wire.Message) {
	st.Add(m)
	s.wake(st)
}

// Add is Send for a Stream that is not joined yet.
func (st *Stream) Add(m wire.Message) { st.control = m.Append(st.control) }

// wake asks for the link to be written to. If too many lines wait it is cut.
func (s *State) wake(st *Stream) {
	if len(st.control) > maxControl {
		s.cut(st, ErrSlow)
	}
	s.member.Wake(st)
}

// cut asks for the link to be closed, and receives nothing from it any more.
func (s *State) cut(st *Stream, why error) {
	if !st.isCut {
		st.isCut, st.control = true, nil
		s.member.Close(st, why)
	}
}

// Next adds to bufs what the link must send next: control lines, an answer to a
// request, and of the lines typed here those after line sent. It returns the
// sequence number of the latest of these. The bytes do not change any more.
func (s *State) Next(st *Stream, sent uint64, bufs [][]byte) (_ [][]byte, through uint64) {
	if len(st.control) > 0 {
		bufs = append(bufs, st.control)
		st.control = nil
	}
	bufs = st.answer(s.self, bufs)
	bufs, through, _ = s.self.log.after(sent, s.self.received, batchSize, bufs)
	st.requests = slices.DeleteFunc(st.requests, func(r want) bool {
		come := r.sender == s.self && r.after <= through
		if come {
			bufs = append(bufs, wire.Lines{ID: s.self.ID}.Append(nil))
		}
		return come
	})
	return bufs, through
}

// want records a WANT. Lines typed here come over the link anyway: the answer follows
// them, and says that there are no more.
func (s *State) want(st *Stream, id wire.ID, after uint64) error {
	o := s.senders[id]
	if o == nil || o.shown <= after {
		s.Send(st, wire.Lines{ID: id})
		return nil
	}
	if o == s.self {
		after = o.shown
	}
	s.wake(st)
	if len(st.requests) == maxRequests {
		return lines.Refuse("full", "the lines of more than %d processes asked for at a time", maxRequests)
	}
	st.requests = append(st.requests, want{sender: o, after: after})
	return nil
}

// answer adds to bufs the answer to the oldest request for lines of others.
func (st *Stream) answer(self *sender, bufs [][]byte) [][]byte {
	i := slices.IndexFunc(st.requests, func(r want) bool { return r.sender != self })
	if i < 0 {
		return bufs
	}
	r := st.requests[i]
	st.requests = slices.Delete(st.requests, i, i+1)
	at := len(bufs)
	bufs = append(bufs, nil)
	bufs, _, count := r.log.after(r.after, r.shown, batchSize, bufs)
	bufs[at] = wire.Lines{ID: r.ID, Count: count}.Append(nil)
	return bufs
}
