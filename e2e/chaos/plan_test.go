package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"peerlab/e2e/checker"
	"peerlab/e2e/stage"
)

// step is one thing that happens in a round at random, decided before it begins.
type step struct {
	at   time.Duration
	what string
	do   func(r *round)
}

// plan decides by a seed who types what and which trouble comes when, for so
// long and so many clients. All trouble is over in the end. Three of the clients
// have parts, drawn by lot. Two are bystanders: nothing is done to them and their
// links, so that what one of them types must be quick at the other, whatever goes
// on around them. One is a witness: its links have trouble, and it is stopped at
// times, but it lives through all of the round, and so has to show in the end
// what the bystanders show.
type plan struct {
	rnd        *rand.Rand
	length     time.Duration
	members    []string
	bystanders []string
	witness    string
	busy       map[string]time.Duration // until when a member has its trouble
	away       map[string][]span        // when a member does not run
	stopped    map[string][]span
	steps      []step
}

type span struct{ from, to time.Duration }

// The means of what is drawn, and their bounds.
const (
	typingGap    = 400 * time.Millisecond // between two things that one types
	troubleGap   = 900 * time.Millisecond // between two troubles
	resetGap     = 500 * time.Millisecond // between two resets of a link
	leastTrouble = 300 * time.Millisecond
	mostTrouble  = 6 * time.Second
	calmBefore   = time.Second // of the round, without trouble
	burstLines   = 60
	longestLine  = 4000 // bytes, about: a terminal passes 4,095
	packet       = 1500 // bytes of the largest packet
)

func newPlan(seed uint64, length time.Duration, clients int) *plan {
	p := &plan{
		rnd: rand.New(rand.NewPCG(seed, 5)), length: length, members: []string{server},
		busy: map[string]time.Duration{}, away: map[string][]span{}, stopped: map[string][]span{},
	}
	for _, id := range stage.IDs(clients) {
		p.members = append(p.members, client(id))
	}
	for part, i := range p.rnd.Perm(clients)[:3] {
		if part == 2 {
			p.witness = client(i + 1)
		} else {
			p.bystanders = append(p.bystanders, client(i+1))
		}
	}
	for at := calmBefore; ; {
		at += p.about(troubleGap)
		if at >= length {
			break
		}
		p.trouble(at)
	}
	for _, who := range p.members {
		p.talk(who)
	}
	slices.SortStableFunc(p.steps, func(a, b step) int { return int(a.at - b.at) })
	return p
}

func (p *plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v, bystanders: %s, witness: %s\n", p.length, strings.Join(p.bystanders, ", "), p.witness)
	for _, s := range p.steps {
		fmt.Fprintf(&b, "%8.3fs  %s\n", s.at.Seconds(), s.what)
	}
	return b.String()
}

// about draws a time whose mean is given.
func (p *plan) about(mean time.Duration) time.Duration {
	return time.Duration(p.rnd.ExpFloat64() * float64(mean))
}

// between draws a time between two.
func (p *plan) between(least, most time.Duration) time.Duration {
	return least + time.Duration(p.rnd.Int64N(int64(most-least)))
}

func (p *plan) at(at time.Duration, do func(r *round), what string, args ...any) {
	p.steps = append(p.steps, step{at, fmt.Sprintf(what, args...), do})
}

// talk plans what is typed at a member.
func (p *plan) talk(who string) {
	for at := p.about(typingGap); at < p.length; at += p.about(typingGap) {
		if within(p.away[who], at) {
			continue
		}
		switch kind := p.rnd.IntN(20); {
		case kind == 0 && !within(p.stopped[who], at): // else it could fill the pipe
			n := 2 + p.rnd.IntN(burstLines)
			p.at(at, func(r *round) { r.burst(who, n) }, "%s types %d lines", who, n)
		case kind == 1 && !within(p.stopped[who], at):
			n := p.rnd.IntN(longestLine)
			p.at(at, func(r *round) { r.says(who, " "+strings.Repeat("x", n)) }, "%s types %d bytes", who, n)
		case kind < 8:
			n := 1 + p.rnd.IntN(2)
			p.at(at, func(r *round) { r.answers(who, n) }, "%s answers", who)
		default:
			p.at(at, func(r *round) { r.says(who, "") }, "%s types", who)
		}
	}
}

func within(spans []span, at time.Duration) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return s.from <= at && at < s.to })
}

// play does all that is planned, one after the other, each at its time or as
// soon after it as what came before is done.
func (r *round) play(p *plan) {
	r.t.Helper()
	r.Keep("plan.txt", p.String())
	defer func() { // what a round that is cut short has shown may still be wrong
		if r.t.Failed() {
			r.Keep("verdict.txt", checker.Judge(r.history("the round was cut short"), r.bounds).String()+"\n")
		}
	}()
	began := r.clock()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, s := range p.steps {
		timer.Reset(began + s.at - r.clock())
		<-timer.C // a plan says when, not what to wait for
		s.do(r)
	}
}
