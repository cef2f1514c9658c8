package broadcast

import (
	"bytes"
	"iter"
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// MaxSenders bounds the processes whose lines are told apart, ended ones included,
// and the unknown ones that one link may name.
const MaxSenders = 2048

// uncounted is how far the lines of a process are shown of which none is for this
// screen, as far as is known: it is older than this process, and no digest has said
// how far its lines go. It is sent in a PEER line if need be.
const uncounted = 1e18 - 1

// sender is a process whose lines are delivered, by name and incarnation.
type sender struct {
	wire.ID
	prefix []byte // of its lines on the wire: MSG and its name

	stream   *Stream // the link to that very process, while it is up
	expected bool    // a link to it is being made
	ended    bool    // it has left, or does not listen where it did
	met      bool    // it has sent a HELLO
	shown    uint64  // sequence number of the latest line shown
	received uint64  // and of the latest one here; those between are held back
	log      log     // its lines, as far as they are kept

	seen       bool   // a line of it was shown
	isAnswered bool   // it is in State.answered
	round      uint64 // in which shown grew last
	digest     uint64 // the latest one that names it
	forgotten  bool   // it is no longer in State.senders

	relayed  uint64    // the first of its latest lines that came over the links of others; 0: none
	onScreen log       // lines that are on the screen and do not count as shown
	missed   uint64    // it was shown that lines through this one are missing
	doubts   []*sender // of which it has named lines that could not be had
	flow     uint64    // bytes of log.total, at flowed: see flows
	flowed   time.Time
	asked    uint64 // its latest line that it was asked for over its own link

	counting bool   // it is uncounted, and its own digest is about to come
	named    uint64 // and its latest line that one here may answer
	baseline *hold  // what its first line here may answer without AFTER; several senders share it
	holds    []hold // why lines are held back, in their order
	hasLeft  bool   // Member.Left follows its latest line
	gap
}

// create adds a sender whose lines count from shown, and forgets another if there
// are too many.
func (s *State) create(id wire.ID, shown uint64) *sender {
	if len(s.senders) >= MaxSenders {
		s.forget()
	}
	o := &sender{ID: id, prefix: []byte("MSG " + string(id.Name) + " "), shown: shown, received: shown, round: s.round}
	s.senders[o.ID] = o
	s.ordered = append(s.ordered, o)
	return o
}

// Meet adds the process that sent a HELLO, and returns the Stream of the link that is to
// be, with the READY to send. It is a successor if another process had its name. The
// peers, of which Have is not used, are named by PEER in the digest.
func (s *State) Meet(link any, h wire.Hello, successor bool, peers iter.Seq[wire.Peer]) *Stream {
	for _, other := range s.ordered {
		other.ended = other.ended || other.Name == h.Name && other.Incarnation != h.Incarnation
	}
	o := s.find(h.ID)
	if o == nil {
		o = s.create(h.ID, uncounted)
	}
	if o.shown == uncounted && (h.State == wire.StateNew || h.Incarnation > s.self.Incarnation || successor) {
		o.shown, o.received = 0, 0
	}
	o.expected, o.met, o.counting = true, true, o.shown == uncounted
	have := o.direct()
	if o.counting { // HELLO can be older than what others have said
		have = max(h.Last, o.named)
	}
	st := &Stream{Link: link, peer: h.ID, last: h.Last, round: s.round}
	st.control, st.ready = s.digest(h.ID, peers), wire.Ready{Have: have}
	st.ready.Count = uint64(bytes.Count(st.control, []byte{'\n'}))
	return st
}

// Expect records that a link to a process is being made.
func (s *State) Expect(id wire.ID) {
	if o := s.senders[id]; o != nil {
		o.expected = true
	}
}

// Ended records that a process has left, or does not listen any more.
func (s *State) Ended(id wire.ID) {
	if o := s.senders[id]; o != nil {
		o.ended = true
	}
}

// allLinked reports whether there is a link to every process that may run.
func (s *State) allLinked() bool {
	return !slices.ContainsFunc(s.ordered, func(o *sender) bool { return o.expected && !o.ended && o.stream == nil })
}

// lookup returns the sender that a link names, whose lines are shown at its other
// side through seq. An unknown process counts from there, unless it is younger
// than this one: all its lines are for this screen. The sender is nil if no
// process can have that incarnation.
func (s *State) lookup(st *Stream, id wire.ID, seq uint64) (*sender, error) {
	if o := s.senders[id]; o != nil {
		return o, nil
	}
	if !s.credible(id.Incarnation) {
		return nil, nil
	}
	if st.named++; st.named > MaxSenders {
		return nil, lines.Refuse("full", "%d processes that are not known here", st.named)
	}
	if o := s.find(id); o != nil {
		return o, nil
	}
	if id.Incarnation > s.self.Incarnation {
		seq = 0
	}
	return s.create(id, seq), nil
}

// held returns the bytes of its lines that are held back.
func (o *sender) held() int { return int(o.log.backlog(o.shown)) }

// settled reports whether the lines through seq are shown, or no line waits for
// them any more.
func (o *sender) settled(seq uint64) bool {
	return o.shown >= seq && !o.isAwaited() || o.settledThrough >= seq || o.forgotten
}

// isAwaited reports whether lines that name those of a process wait until these count,
// as they have not waited in vain yet.
func (o *sender) isAwaited() bool { return o.counting && o.missed == 0 }

// answered returns how far the lines of a process may be answered by those that are shown.
func (o *sender) answered() uint64 {
	if o.shown == uncounted {
		return o.named
	}
	return max(o.shown, o.settledThrough, o.missed)
}

// advertised returns how far the lines of a process count as shown for others. They do
// not count while its next one may answer some that are not shown here, nor if some were
// given up: what these answer may not be here either.
func (o *sender) advertised() uint64 {
	if len(o.mayAnswer()) > 0 || o.stream == nil && o.settledThrough > o.shown || o.missed > o.shown {
		return uncounted
	}
	return o.shown
}
