package broadcast

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"peerlab/e2e/checker"
	"peerlab/services/chat/internal/wire"
)

// A simulation is some States, the pipes between them and a clock, in one
// goroutine. Around the States it does what the chat does: it dials, performs
// handshakes and shows events. Its parts:
//
//	sim_test.go          the clock             sim_process_test.go  a process
//	sim_actions_test.go  what a run does       sim_link_test.go     a link
//	sim_random_test.go   runs at random        mutants_test.go      faults that they find
type simulation struct {
	mutant mutant
	limits Limits

	now     time.Duration // later with each line that is typed or received
	rnd     *rand.Rand    // of the current action
	source  *rand.PCG
	seats   [seats]*process // nil: it does not run
	last    [seats]*process // to run there
	ends    []*end          // of all connections
	severed [seats][seats]time.Duration
	history checker.History
	refusal string // why a process refused what another sent: none should
	readers []*end // memory for deliver, and bufs for next
	bufs    [][]byte
}

// seats is how many processes may run at the same time: the server, which is 0,
// and clients.
const seats = 6

func newSimulation(limits Limits, m mutant) *simulation {
	s := &simulation{limits: limits, mutant: m, source: rand.NewPCG(0, 0)}
	s.rnd = rand.New(s.source)
	return s
}

func (s *simulation) time() time.Time { return time.Unix(0, 0).Add(s.now) }

// elapse makes now later than all that has happened.
func (s *simulation) elapse() { s.now += time.Microsecond }

func (s *simulation) upTo(d time.Duration) time.Duration {
	return time.Duration(s.rnd.Int64N(int64(d)))
}

func name(seat int) wire.Name {
	if seat == 0 {
		return wire.Server
	}
	return wire.Name('0' + rune(seat))
}

func seatOf(n wire.Name) int {
	if n == wire.Server {
		return 0
	}
	return int(n[0] - '0')
}

// start starts a process at a seat. While there is no server it joins through the
// client via.
func (s *simulation) start(seat, via int) *process {
	s.elapse()
	life := len(s.history.Lives)
	p := &process{
		simulation: s, seat: seat, life: life, phase: wire.StateNew,
		id: wire.ID{Name: name(seat), Incarnation: uint64(life + 1)},
	}
	p.state = New(p.id, p)
	p.state.Limits = s.limits
	p.advertiseAt = s.now + s.upTo(time.Second)
	s.history.Lives = append(s.history.Lives, checker.Life{Who: p.id.Name.Display(), From: s.now})
	s.seats[seat] = p
	switch {
	case seat == 0:
		p.phase, p.arrived = wire.StateIn, true
		p.restore(s.last[0])
	case s.seats[0] == nil && s.seats[via] != nil && via != seat:
		p.peers[via].pursued = true
	}
	if seat != 0 {
		p.peers[0].pursued = true
		p.admission = s.fault("not admitted", seat, -1, 24*time.Hour)
	}
	s.last[seat] = p
	return p
}

// stop records the end of a process. Of what it has sent on each connection a
// beginning arrives, or all if it leaves.
func (s *simulation) stop(p *process, how checker.End) {
	s.elapse()
	for i := range p.peers {
		if e := p.peers[i].end; e != nil {
			if how == checker.Left {
				e.leave()
			} else {
				e.other.lose()
			}
			e.over, e.other.ended = true, true
		}
	}
	l := &s.history.Lives[p.life]
	l.End, l.To = how, s.now
	s.seats[p.seat] = nil
}

// deliver lets a pipe deliver some lines, and so many times, or with most < 0 until
// there is nothing to deliver but what is held up.
func (s *simulation) deliver(most int) {
	for ; most != 0; most-- {
		s.readers = s.readers[:0]
		for _, e := range s.ends {
			if e.readable() {
				s.readers = append(s.readers, e)
			}
		}
		if len(s.readers) == 0 {
			return
		}
		e := s.readers[s.rnd.IntN(len(s.readers))]
		e.read(1 + s.rnd.IntN(4))
		if e.over {
			s.bury()
		}
	}
}

// bury drops the connections that both sides have closed.
func (s *simulation) bury() {
	left := s.ends[:0]
	for _, e := range s.ends {
		if !e.over || !e.other.over {
			left = append(left, e)
		}
	}
	s.ends = left
}

// pass lets time pass. What is due by then is done, and what is sent arrives.
func (s *simulation) pass(d time.Duration) {
	end := s.now + d
	for {
		s.deliver(-1)
		next := end
		for _, p := range s.seats {
			if p != nil {
				next = min(next, p.due())
			}
		}
		for _, e := range s.ends {
			if e.held > s.now {
				next = min(next, e.held)
			}
		}
		if next >= end {
			s.now = max(s.now, end)
			return
		}
		s.now = max(s.now, next)
		for _, p := range s.seats {
			if p != nil {
				p.work()
			}
		}
	}
}

// fault records trouble between two, or with b < 0 between a and all others, and
// returns its index.
func (s *simulation) fault(what string, a, b int, d time.Duration) int {
	f := checker.Fault{What: what, A: []string{name(a).Display()}, From: s.now, To: s.now + d}
	if b >= 0 {
		f.B = []string{name(b).Display()}
	}
	s.history.Faults = append(s.history.Faults, f)
	return len(s.history.Faults) - 1
}

// between returns the side that a has of its connection with b, or nil.
func (s *simulation) between(a, b int) *end {
	if a == b || s.seats[a] == nil {
		return nil
	}
	return s.seats[a].peers[b].end
}

// bounds returns the times that the guarantees leave open. Quiet is longer than the
// hold-back queue waits for any line. There is no bound on delays in a run that
// cuts links for lack of memory.
func (s *simulation) bounds() checker.Bounds {
	b := checker.Bounds{Delay: 5 * time.Second, Recovery: 8 * time.Second, Quiet: MaxWait + 4*time.Second}
	if s.limits.HeldOf < DefaultLimits().HeldOf {
		b.Delay = time.Hour
	}
	return b
}

// heal ends all faults, starts the server and a client if they do not run, and lets
// time pass until all are linked.
func (s *simulation) heal() {
	clear(s.severed[:])
	for _, e := range s.ends {
		e.held = 0
	}
	for i := range s.history.Faults {
		f := &s.history.Faults[i]
		f.To = min(f.To, s.now)
	}
	for seat := range 2 {
		if s.seats[seat] == nil {
			s.start(seat, 0)
		}
	}
	for _, p := range s.seats {
		if p != nil {
			p.state.Limits.HeldOf = DefaultLimits().HeldOf
		}
	}
	for limit := s.now + time.Minute; !s.calm() && s.now < limit; {
		s.pass(time.Second)
	}
}

// calm reports whether all that run are linked, and nothing is on its way.
func (s *simulation) calm() bool {
	for a, p := range s.seats {
		if p == nil {
			continue
		}
		if !p.arrived || p.tickAt > 0 {
			return false
		}
		for b, q := range s.seats {
			if q != nil && a != b && (p.peers[b].end == nil || p.peers[b].end.stream == nil || len(p.peers[b].end.in) > 0) {
				return false
			}
		}
	}
	return true
}

// quiet ends the run: each process types twice, and what is still to come arrives.
func (s *simulation) quiet() {
	s.elapse()
	s.history.Quiet = s.now
	for range 2 {
		for _, p := range s.seats {
			if p != nil {
				p.say()
			}
		}
		s.pass(time.Second)
	}
	s.pass(s.bounds().Quiet)
	s.history.End = s.now
}

// screens returns all that was typed and shown.
func (s *simulation) screens() string {
	var all strings.Builder
	for i, l := range s.history.Lives {
		fmt.Fprintf(&all, "--- %s, from %v to %v\n", l.Who, l.From, l.To)
		lines := slices.Clone(l.Screen)
		for _, t := range s.history.Typed {
			if t.Life == i {
				lines = append(lines, checker.Shown{At: t.At, Text: "    types " + t.Text})
			}
		}
		slices.SortStableFunc(lines, func(a, b checker.Shown) int { return cmp.Compare(a.At, b.At) })
		for _, line := range lines {
			fmt.Fprintf(&all, "%11.6f %s\n", line.At.Seconds(), line.Text)
		}
	}
	for _, p := range s.seats {
		if p != nil {
			fmt.Fprintf(&all, "--- at %s:\n%v", p.id.Name.Display(), p.state)
		}
	}
	return all.String()
}
