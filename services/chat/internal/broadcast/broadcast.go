// Package broadcast decides which lines a member of the chat shows, in which
// order, and what it sends to whom so that all members show the same.
//
// A [State] is a state machine: it opens no connection, starts no goroutine and
// reads no clock. Lines and the time come in as arguments; lines to show go to the
// [Member] that uses it, and lines to send wait in a [Stream] for each link until Next
// takes them. A State is for one goroutine at a time: its Member has a lock around it.
//
// docs/protocol.md defines the messages, and the guarantees:
//
//	sender.go    whose lines there are      forget.go    and of whom there are too many
//	receive.go   lines that arrive          holdback.go  lines that wait for others
//	repair.go    lines that are missing     digest.go    what other members have shown
//	stream.go    lines to one link          log.go       the lines that are kept
//	relayed.go   lines that others relay    doubt.go     lines that may not exist
package broadcast

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"peerlab/services/chat/internal/wire"
)

// Member uses a State. It shows lines, in the order of the calls, and writes to links.
// Its methods must not block, and must not call the State.
type Member interface {
	Line(from wire.Name, text []byte)               // a line typed at another member
	Another(from wire.Name, text []byte)            // a line of a process of its name that was never met
	Gap(from wire.Name, lines uint64, what Absence) // lines of a member are not shown here
	Left(from wire.Name)                            // a member has left, after its last line

	Wake(*Stream)         // Next has something for a link
	Close(*Stream, error) // a link must be closed, for this reason
	Unblock()             // a Stream that was Blocked may not be any more
	TickSoon()            // Tick must be called after TickAfter
}

// Absence is why lines are not shown.
type Absence string

const (
	Lost    Absence = "lost"    // no member has them any more
	Missing Absence = "missing" // a line that answers them is shown without them
)

// Limits are bounds in bytes.
type Limits struct {
	Typed int // lines typed here that are kept for links that are behind
	Kept  int // lines of all others that are kept for members that lack some

	// Lines of one sender that are held back. Above SlowOf its link is not read, nor is
	// any while those of all are more than four times that. Above HeldOf the link is
	// cut, as is that with most while those of all are more than twice that.
	SlowOf, HeldOf int
}

// DefaultLimits returns the limits of the chat.
func DefaultLimits() Limits {
	return Limits{Typed: 16 << 20, Kept: 16 << 20, SlowOf: 1 << 20, HeldOf: 16 << 20}
}

// Why a link is cut.
var (
	// ErrSlow: the other side requests lines and does not read them.
	ErrSlow = errors.New("the other side does not read what it asked for")
	// ErrOverheld: the other side's lines wait for those of others.
	ErrOverheld = errors.New("too much of what it sent waits for lines of others")
)

// State is the lines of one member: those shown and those to come.
type State struct {
	Limits Limits

	self   *sender // the lines typed here
	member Member
	now    time.Time     // of the current call, without late
	late   time.Duration // in which this process did not run: what came meanwhile is to be read before others are doubted

	streams   []*Stream // links that are up; the slice is replaced when one goes
	senders   map[wire.ID]*sender
	ordered   []*sender // the senders, in the order of their creation, self first: what is sent depends on the calls alone
	forgotten records
	answered  []*sender // whose lines were shown since the latest line typed here
	typing    []byte    // memory for Say

	round   uint64 // rounds of Advertise
	digests uint64 // made so far
	turn    int    // the next stream of Advertise

	kept    int // bytes of the lines of all others, held ones included
	held    int // bytes that are held back
	holding []*sender
	looked  int // see maxLooked

	ticking bool // Tick is due
	counts  Counts
}

// Counts are lines and senders that were given up.
type Counts struct{ Lost, Missing, Forgotten int64 }

// New returns the state of a process that has shown nothing.
func New(self wire.ID, member Member) *State {
	s := &State{Limits: DefaultLimits(), member: member, senders: make(map[wire.ID]*sender)}
	s.self = s.create(self, 0)
	return s
}

// Say adds a line typed here, which CheckText must accept. It wakes no link: the
// caller wakes all links.
func (s *State) Say(text []byte) {
	o, line := s.self, s.typing[:0]
	for _, other := range s.answered {
		other.isAnswered = false
		line = wire.After{ID: other.ID, Seq: other.shown}.Append(line)
	}
	s.answered = s.answered[:0]
	after := len(line)
	o.received++
	o.shown = o.received
	line = wire.Msg{Name: o.Name, Seq: o.received, Text: text}.Append(line)
	o.log.add(o.received, line[:after], line[after:len(line)-1])
	for o.log.size > s.Limits.Typed && len(o.log.segments) > 1 {
		o.log.shrink(o.received)
	}
	s.typing = line
}

// Typed returns the sequence number of the latest line typed here.
func (s *State) Typed() uint64 { return s.self.received }

// Behind returns how many bytes were typed here after line seq.
func (s *State) Behind(seq uint64) uint64 { return s.self.log.backlog(seq) }

// Shown returns the sequence number through which the lines of a process are
// shown, and whether the process is known.
func (s *State) Shown(id wire.ID) (seq uint64, known bool) {
	o := s.senders[id]
	if o == nil {
		return 0, false
	}
	return o.shown, true
}

// TickAfter is the time between two calls of Tick, while they are due.
const TickAfter = 100 * time.Millisecond

// Tick requests and gives up what has been missing for too long.
func (s *State) Tick(now time.Time) {
	s.Begin(now)
	s.ticking = false
	for _, o := range s.ordered {
		s.repair(o)
	}
	s.looked = 0
	for _, o := range s.holding {
		for n := 0; n < expedited && s.expedite(o); n++ {
		}
	}
	s.Release()
	s.member.Unblock()
	if len(s.holding) > 0 {
		s.tickSoon()
	}
}

// tickSoon makes Tick due.
func (s *State) tickSoon() {
	if !s.ticking {
		s.ticking = true
		s.member.TickSoon()
	}
}

// Stats are the sizes that Limits bounds, and counts.
type Stats struct {
	Counts
	Senders           int
	Typed, Kept, Held int // bytes
}

// Stats returns the current sizes and counts.
func (s *State) Stats() Stats {
	return Stats{s.counts, len(s.senders), s.self.log.size, s.kept, s.held}
}

// String describes the senders, for tests that have failed.
func (s *State) String() string {
	var all strings.Builder
	for _, o := range s.ordered {
		fmt.Fprintf(&all, "%s %d: shown %d, received %d, known %d, settled %d; linked %v, ended %v\n",
			o.Name, o.Incarnation, o.shown, o.received, o.known, o.settledThrough, o.stream != nil, o.ended)
		for _, h := range o.holds {
			for _, d := range h.deps {
				fmt.Fprintf(&all, "\tline %d waits for %s %d, line %d\n", h.seq, d.Name, d.Incarnation, d.seq)
			}
		}
	}
	return all.String()
}

// show shows a line.
func (s *State) show(o *sender, seq uint64, text []byte) {
	if seq > o.shown+1 {
		s.lose(o, seq-o.shown-1)
	}
	switch {
	case s.isOnScreen(o, seq, text):
	case s.isAnother(o):
		s.member.Another(o.Name, text)
	default:
		s.member.Line(o.Name, text)
	}
	o.baseline = nil
	s.reach(o, seq)
}

// lose shows that lines are lost.
func (s *State) lose(o *sender, n uint64) {
	s.member.Gap(o.Name, n, Lost)
	add(&s.counts.Lost, n)
}

// add adds to a count. Others can claim any number.
func add(count *int64, n uint64) { *count += int64(min(n, uint64(math.MaxInt64-*count))) }

// reach records that the lines through seq are shown.
func (s *State) reach(o *sender, seq uint64) {
	o.shown, o.round, o.seen = seq, s.round, true
	if !o.isAnswered {
		o.isAnswered = true
		s.answered = append(s.answered, o)
	}
}

// keep adds a line of another process to its log.
func (s *State) keep(o *sender, seq uint64, after, line []byte) int {
	n := o.log.add(seq, after, line)
	o.received = seq
	if s.kept += n; s.kept > s.Limits.Kept {
		s.shrinkLongest()
	}
	return n
}

// shrinkLongest drops the oldest lines of the longest log: a flood of one sender
// must not cost another its latest lines.
func (s *State) shrinkLongest() {
	longest := slices.MaxFunc(s.ordered[1:], func(a, b *sender) int { return a.log.size - b.log.size })
	s.kept -= longest.log.shrink(longest.shown)
}
