package broadcast

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"peerlab/e2e/checker"
)

// action is a step of a run. It does nothing if it is not possible, so that any
// action may be removed from a run.
type action struct {
	kind kind
	a, b int           // seats
	n    int           // how often, or how many
	d    time.Duration // how long
	seed uint64        // of what is random within it
}

type kind int

const (
	says      kind = iota // a types n lines
	talk                  // a types a line, b receives it and types an answer, n times
	delivers              // n pipes deliver some lines
	passes                // time passes
	holds                 // lines between a and b are held up; n == 0: in one direction
	breaks                // the connection between a and b breaks
	severs                // and cannot be made again for a time
	separates             // the same, between all whose bit is set in n and all others
	crashes               // a is killed
	leaves                // a leaves
	starts                // a is started, if it does not run
)

func (k kind) String() string {
	return [...]string{"says", "talk", "delivers", "passes", "holds", "breaks", "severs", "separates", "crashes", "leaves", "starts"}[k]
}

// weights are how often each kind of action occurs.
var weights = [...]int{says: 12, talk: 6, delivers: 12, passes: 8, holds: 4, breaks: 4, severs: 2, separates: 1, crashes: 3, leaves: 1, starts: 4}

func (x action) String() string {
	switch x.kind {
	case delivers:
		return fmt.Sprintf("%v %d", x.kind, x.n)
	case passes:
		return fmt.Sprintf("%v %v", x.kind, x.d)
	case separates:
		return fmt.Sprintf("%v %06b for %v", x.kind, x.n, x.d)
	case says:
		return fmt.Sprintf("%v %v %d", name(x.a), x.kind, x.n)
	case crashes, leaves, starts:
		return fmt.Sprintf("%v %v", name(x.a), x.kind)
	}
	return fmt.Sprintf("%v %v %v n=%d %v", name(x.a), x.kind, name(x.b), x.n, x.d)
}

// plan is a run before it is executed.
type plan struct {
	clients int // at its beginning
	limits  Limits
	actions []action
}

const (
	maxActions = 26
	maxTrouble = 6 * time.Second
)

// draw returns the plan of a seed.
func draw(seed uint64) plan {
	rnd := rand.New(rand.NewPCG(seed, 13))
	p := plan{clients: 2 + rnd.IntN(3), limits: DefaultLimits()}
	switch rnd.IntN(8) {
	case 0: // links are not read for what is held back
		p.limits.SlowOf = 15
	case 1: // and are cut for it
		p.limits.SlowOf, p.limits.HeldOf = 15, 120
	}
	for most := maxActions/2 + rnd.IntN(maxActions/2); len(p.actions) < most; {
		seat := rnd.Perm(min(p.clients+2, seats)) // one more than run at the beginning
		a, b, c := seat[0], seat[1], seat[2]
		switch rnd.IntN(12) {
		case 0: // a is killed in mid-broadcast, after an answer
			p.add(rnd, holds, a, c, talk, a, b, delivers, a, b, crashes, a, b, delivers, a, b, says, b, c)
		case 1: // a joins, and receives late what b has answered
			p.add(rnd, crashes, a, b, passes, a, b, starts, a, c, delivers, a, b, holds, c, a, talk, c, b, delivers, a, b, says, b, c)
		case 2: // the server is started again while lines are on their way
			p.add(rnd, holds, a, b, says, a, b, crashes, 0, a, talk, b, c, starts, 0, a, delivers, a, b)
		default:
			all := 0
			for _, w := range weights {
				all += w
			}
			k, w := kind(0), rnd.IntN(all)
			for ; w >= weights[k]; k++ {
				w -= weights[k]
			}
			p.add(rnd, k, a, b)
		}
	}
	return p
}

// add adds actions, each a kind and two seats.
func (p *plan) add(rnd *rand.Rand, all ...any) {
	for ; len(all) > 0; all = all[3:] {
		x := action{kind: all[0].(kind), a: all[1].(int), b: all[2].(int), seed: rnd.Uint64()}
		switch x.kind {
		case says, talk:
			x.n = 1 + rnd.IntN(3)
		case delivers:
			x.n = 1 + rnd.IntN(12)
		case separates:
			x.n = rnd.IntN(1 << seats)
		case holds:
			x.n = rnd.IntN(3)
		}
		limit := 300 * time.Millisecond
		switch n := rnd.IntN(10); {
		case n == 0:
			limit = 3 * maxTrouble
		case n < 4:
			limit = maxTrouble
		}
		x.d = time.Duration(rnd.Int64N(int64(limit)))
		p.actions = append(p.actions, x)
	}
}

func (p plan) String() string {
	var all strings.Builder
	fmt.Fprintf(&all, "a server and %d clients, limits %+v\n", p.clients, p.limits)
	for _, x := range p.actions {
		fmt.Fprintf(&all, "  %v\n", x)
	}
	return all.String()
}

// run executes a plan.
func (p plan) run(m mutant) *simulation {
	s := newSimulation(p.limits, m)
	s.source.Seed(1, 1)
	for seat := range p.clients + 1 {
		s.start(seat, 0)
	}
	s.pass(2 * time.Second)
	for _, x := range p.actions {
		s.source.Seed(x.seed, 1)
		s.do(x)
		if s.refusal != "" {
			return s
		}
	}
	s.source.Seed(2, 1)
	s.heal()
	s.quiet()
	return s
}

func (s *simulation) do(x action) {
	a, b := s.seats[x.a], s.seats[x.b]
	switch x.kind {
	case delivers:
		s.deliver(x.n)
	case passes:
		s.pass(x.d)
	case says:
		for i := 0; i < x.n && a != nil; i++ {
			a.say()
			s.deliver(s.rnd.IntN(3))
		}
	case talk:
		for i := 0; i < x.n && a != nil && b != nil && a != b; i++ {
			a.say()
			if e := s.between(x.b, x.a); e != nil {
				for n := 0; n < room && len(e.in) > 0 && e.readable(); n++ {
					e.read(4)
				}
			}
			b.say()
		}
	case holds:
		s.hold(x.a, x.b, x.d, x.n > 0)
	case breaks:
		if e := s.between(x.a, x.b); e != nil {
			s.fault("broken", x.a, x.b, maxTrouble)
			e.sever()
		}
	case severs:
		s.cut(x.a, x.b, x.d)
	case separates:
		for i := range seats {
			for j := range i {
				if x.n>>i&1 != x.n>>j&1 {
					s.cut(i, j, x.d)
				}
			}
		}
	case crashes:
		if a != nil {
			s.stop(a, checker.Killed)
		}
	case leaves:
		if a != nil {
			s.stop(a, checker.Left)
		}
	case starts:
		if a == nil {
			s.start(x.a, x.b)
		}
	}
}

// hold lets nothing arrive at b from a for a time, and at a from b if both.
func (s *simulation) hold(a, b int, d time.Duration, both bool) {
	e := s.between(a, b)
	if e == nil {
		return
	}
	s.fault("held up", a, b, d)
	e.other.held = max(e.other.held, s.now+d)
	if both {
		e.held = max(e.held, s.now+d)
	}
}

// cut breaks the connection between two, and lets none be made for a time.
func (s *simulation) cut(a, b int, d time.Duration) {
	if a == b {
		return
	}
	s.fault("severed", a, b, d+maxTrouble)
	until := max(s.severed[a][b], s.now+d)
	s.severed[a][b], s.severed[b][a] = until, until
	if e := s.between(a, b); e != nil {
		e.sever()
	}
}
