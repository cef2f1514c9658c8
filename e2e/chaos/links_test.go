package chaos

import (
	"slices"
	"strings"
	"time"

	"peerlab/lab/wire"
)

// linkTrouble puts a fault on links of a member, or resets them.
func (p *plan) linkTrouble(at, until time.Duration, who string) {
	switch p.rnd.IntN(8) {
	case 0:
		p.resets(at, until, who)
	case 1:
		p.tornLine(at, until, who)
	default:
		p.linkFault(at, until, who)
	}
}

// linkFault puts a fault on links of a member: to one other or to all, one way or both.
func (p *plan) linkFault(at, until time.Duration, who string) {
	others := p.others(who)
	if p.rnd.IntN(2) == 0 {
		others = []string{p.other(who)}
	}
	l := []links{{from: []string{who}, to: others}, {from: others, to: []string{who}}, among([]string{who}, others)}[p.rnd.IntN(3)]
	f := []wire.Fault{
		{Delay: p.between(50*time.Millisecond, 1500*time.Millisecond), Jitter: p.between(0, 500*time.Millisecond)},
		{Rate: 2000 + p.rnd.IntN(50_000)},
		{Drop: true, Each: 2 + p.rnd.IntN(20)},
		{Drop: true},
		{Of: wire.Data, Drop: true}, // connections are taken, and nothing comes over them
		{Of: wire.Dials, Drop: true},
		{Hold: true},
	}[p.rnd.IntN(7)]
	var over func()
	p.at(at, func(r *round) {
		over = r.fault(f, l)
		if f.Of == wire.Dials { // there may be no dial as long as there are connections
			l.each(r.resets)
		}
	}, "%v: %v", l, f)
	p.at(until, func(*round) { over() }, "%v: healed", l)
}

func (p *plan) others(who string) []string {
	return slices.DeleteFunc(slices.Clone(p.members), func(other string) bool { return other == who })
}

func (p *plan) other(who string) string {
	others := p.others(who)
	return others[p.rnd.IntN(len(others))]
}

// resets resets the link between a member and another, again and again.
func (p *plan) resets(at, until time.Duration, who string) {
	other := p.other(who)
	var over func()
	for next := at; next < until; next += p.about(resetGap) {
		one, two := who, other
		if p.rnd.IntN(2) == 0 {
			one, two = other, who
		}
		p.at(next, func(r *round) {
			if over == nil {
				over = r.trouble("resets", []string{who}, []string{other})
			}
			r.resets(one, two)
		}, "the link of %s to %s is reset", one, two)
	}
	p.at(until, func(*round) { over() }, "no more resets between %s and %s", who, other)
}

// tornLine resets a slow link in the midst of a long line. The one who gets it has its
// beginning by then: a line has several packets.
func (p *plan) tornLine(at, until time.Duration, who string) {
	from, to := who, p.other(who)
	if p.rnd.IntN(2) == 0 {
		from, to = to, from
	}
	rate := 2000 + p.rnd.IntN(6000)
	first, last := perByte(rate, packet), perByte(rate, longestLine)
	cut := at + p.between(first, last)
	if cut >= until || !p.takes(from, at, until) {
		return
	}
	var over func()
	p.at(at, func(r *round) {
		over = r.fault(wire.Fault{Rate: rate}, links{from: []string{from}, to: []string{to}})
		r.says(from, " "+strings.Repeat("x", longestLine))
	}, "from %s to %s: rate %d bytes/s, and %s types %d bytes", from, to, rate, from, longestLine)
	p.at(cut, func(r *round) { r.resets(to, from) }, "the link of %s to %s is reset", to, from)
	p.at(until, func(*round) { over() }, "from %s to %s: healed", from, to)
}

// perByte is how long so many bytes take at a rate.
func perByte(rate, bytes int) time.Duration {
	return time.Duration(bytes) * time.Second / time.Duration(rate)
}

// partition cuts members off from others: those on one side cannot reach those on the
// other. Sometimes there are some between, who reach both. The bystanders are on the same
// side.
func (p *plan) partition(at, until time.Duration) {
	if !p.takes("partition", at, until) {
		return
	}
	sides := [][]string{slices.Clone(p.bystanders), nil, nil} // the last are between
	n := 2 + p.rnd.IntN(2)
	for _, who := range p.members {
		if !slices.Contains(p.bystanders, who) {
			side := &sides[p.rnd.IntN(n)]
			*side = append(*side, who)
		}
	}
	if len(sides[1]) == 0 {
		return
	}
	l := among(sides[0], sides[1])
	var over func()
	p.at(at, func(r *round) { over = r.fault(wire.Fault{Drop: true}, l) }, "partition %v", l)
	p.at(until, func(*round) { over() }, "no partition %v any more", l)
}

// lastWords kills a member while it sends lines to all: what it sends
// to some of the others is lost, also for a while after.
func (p *plan) lastWords(at, until time.Duration, who string) {
	dies := at + p.between(10*time.Millisecond, 300*time.Millisecond)
	if dies >= until || who == p.witness || !p.takes(who, at, until) {
		return
	}
	deaf := slices.DeleteFunc(p.others(who), func(string) bool { return p.rnd.IntN(2) == 0 })
	if len(deaf) == 0 {
		deaf = p.others(who)
	}
	p.away[who] = append(p.away[who], span{dies, until})
	n := 1 + p.rnd.IntN(burstLines)
	l := links{from: []string{who}, to: deaf}
	var over func()
	p.at(at, func(r *round) { over = r.fault(wire.Fault{Drop: true}, l) }, "%v: drop", l)
	p.at(dies, func(r *round) {
		r.burst(who, n)
		r.kills(who)
	}, "%s types %d lines and is killed", who, n)
	p.at(until, func(r *round) {
		over()
		r.returns(who)
	}, "%v: healed, and %s is started", l, who)
}
