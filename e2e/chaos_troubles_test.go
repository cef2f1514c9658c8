package e2e

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"peerlab/e2e/checker"
	"peerlab/e2e/lab"
)

// leaveLimit is for a process that is told to leave in the midst of trouble.
const leaveLimit = 10 * time.Second

// leaves has somebody leave in good order.
func (r *round) leaves(who string) {
	r.t.Helper()
	r.over(who, checker.Left)
	p := r.process(who)
	if who == server {
		p.Types("Exit")
	} else {
		r.listens(who)
		p.Signal(sigterm)
	}
	p.ExitsWithin(leaveLimit, "leaveLimit", 0)
}

// listens waits until a client listens: before that SIGTERM ends it as it ends any
// process that has just been started.
func (r *round) listens(who string) {
	r.t.Helper()
	for id, p := range r.clients {
		if client(id) != who {
			continue
		}
		p.Eventually(who+" listens", func() bool {
			c, err := r.Dial(r.seats[id].address())
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		})
	}
}

// isUp says whether somebody is there, as far as the round has seen to it.
func (r *round) isUp(who string) bool { return r.lives[r.life(who)].End == checker.Lives }

// trouble plans one trouble that begins at a time, if whoever it is drawn for
// has none just then.
func (p *plan) trouble(at time.Duration) {
	until := min(at+p.between(leastTrouble, mostTrouble), p.length)
	who := p.victim()
	switch kind := p.rnd.IntN(20); {
	case kind < 5:
		p.processTrouble(at, until, who)
	case kind < 7:
		p.lastWords(at, until, who)
	case kind < 14:
		p.linkTrouble(at, until, who)
	case kind < 16:
		p.partition(at, until)
	case kind < 18:
		p.diskFull(at, until)
	default:
		p.stranger(at, who)
	}
}

// victim draws somebody who is no bystander; the server more often than others.
func (p *plan) victim() string {
	for {
		who := p.everybody[max(p.rnd.IntN(len(p.everybody)+1)-1, 0)]
		if !slices.Contains(p.bystanders, who) {
			return who
		}
	}
}

// takes reserves somebody, or a way, for some time; false if it is taken.
func (p *plan) takes(what string, at, until time.Duration) bool {
	if p.busy[what] >= at {
		return false
	}
	p.busy[what] = until
	return true
}

// processTrouble kills, stops or ends a process, which is back at the end of it.
func (p *plan) processTrouble(at, until time.Duration, who string) {
	if !p.takes(who, at, until) {
		return
	}
	kind := p.rnd.IntN(6)
	if kind == 0 || who == p.witness {
		p.stopped[who] = append(p.stopped[who], span{at, until})
		var over func()
		p.at(at, func(r *round) {
			over = r.trouble("stopped", []string{who}, nil)
			r.process(who).Pause()
		}, "%s is stopped", who)
		p.at(until, func(r *round) {
			r.process(who).Resume()
			over()
		}, "%s goes on", who)
		return
	}
	p.away[who] = append(p.away[who], span{at, until})
	switch kind {
	case 1:
		n := 2 + p.rnd.IntN(burstLines)
		p.at(at, func(r *round) { r.burst(who, n); r.kills(who) }, "%s types %d lines and is killed", who, n)
	case 2:
		p.at(at, func(r *round) { r.leaves(who) }, "%s leaves", who)
	default:
		p.at(at, func(r *round) { r.kills(who) }, "%s is killed", who)
	}
	if p.rnd.IntN(3) == 0 {
		p.at(until, func(r *round) { r.moves(who) }, "%s is started with other ports", who)
	} else {
		p.at(until, func(r *round) { r.returns(who) }, "%s is started", who)
	}
}

// lastWords has somebody die in the midst of telling everybody something: some
// of the ways to the others are silent by then, and stay so for a while.
func (p *plan) lastWords(at, until time.Duration, who string) {
	dies := at + p.between(10*time.Millisecond, 300*time.Millisecond)
	if dies >= until || who == p.witness || !p.takes(who, at, until) {
		return
	}
	deaf := []string{who}
	var hushed []hush
	for _, other := range p.everybody {
		h := hushBetween(who, other)
		if p.rnd.IntN(2) == 0 && !slices.Contains(p.bystanders, other) && p.takes(h.what, at, until) {
			hushed = append(hushed, h)
			deaf = append(deaf, other)
		}
	}
	p.away[who] = append(p.away[who], span{dies, until})
	n := 1 + p.rnd.IntN(burstLines)
	var routes []*lab.Route
	var over func()
	p.at(at, func(r *round) {
		over = r.trouble("silence", deaf, nil)
		for _, h := range hushed {
			route := h.route(r)
			route.Shape(h.way, lab.Silence())
			routes = append(routes, route)
		}
	}, "%s is not heard by some of %s", who, strings.Join(deaf, ", "))
	p.at(dies, func(r *round) {
		r.burst(who, n)
		r.kills(who)
	}, "%s types %d lines and is killed", who, n)
	p.at(until, func(r *round) {
		for _, route := range routes {
			route.Heal()
		}
		over()
		r.returns(who)
	}, "%s is started, and heard by all", who)
}

// hush is a way through a route that is to be silent.
type hush struct {
	what  string // in the plan's book of who has trouble
	route func(r *round) *lab.Route
	way   lab.Way
}

// hushBetween is what to silence so that what one says does not get to another,
// if it goes over a link that the one has opened, or the other to the server. For
// oneself it is the links that others have opened.
func hushBetween(who, other string) hush {
	gate := func(r *round) *lab.Route { return r.gates[other].Route }
	switch {
	case other == who:
		return hush{"gate of " + who, gate, lab.FromTarget}
	case who == server:
		return hush{wayOf(other), func(r *round) *lab.Route { return r.ways[number(other)] }, lab.FromTarget}
	case other == server:
		return hush{wayOf(who), func(r *round) *lab.Route { return r.ways[number(who)] }, lab.ToTarget}
	}
	return hush{"gate of " + other, gate, lab.ToTarget}
}

func wayOf(who string) string { return "way of " + who + " to the server" }

// number is a client's ID; 0 is the server.
func number(who string) (id int) {
	_, _ = fmt.Sscanf(who, "Client %d", &id)
	return id
}

// linkTrouble does something to the links by which somebody is called, or to a
// client's own way to the server.
func (p *plan) linkTrouble(at, until time.Duration, who string) {
	id := number(who)
	own := id > 0 && p.rnd.IntN(3) == 0
	what, with := "gate of "+who, []string(nil)
	if own {
		what, with = wayOf(who), []string{server}
	}
	if !p.takes(what, at, until) {
		return
	}
	shape, way := p.toxic(), lab.Way(p.rnd.IntN(3))
	cut := p.rnd.IntN(6) == 0
	name := fmt.Sprintf("%v %v", shape, way)
	if cut {
		name = "cut"
	}
	var route *lab.Route
	var over func()
	p.at(at, func(r *round) {
		if route = r.gates[who].Route; own {
			route = r.ways[id]
		}
		over = r.trouble(name+" on the "+what, []string{who}, with)
		if cut {
			route.Cut()
		} else {
			route.Shape(way, shape)
		}
	}, "%s on the %s", name, what)
	p.at(until, func(*round) {
		route.Heal()
		over()
	}, "the %s is healed", what)
}

// toxic draws one of all kinds.
func (p *plan) toxic() lab.Toxic {
	return []lab.Toxic{
		lab.Delay(p.between(50*time.Millisecond, 1500*time.Millisecond), p.between(0, 500*time.Millisecond)),
		lab.Bandwidth(2 + p.rnd.IntN(50)),
		lab.Slices(2+p.rnd.IntN(60), p.between(0, 3*time.Millisecond)),
		lab.Silence(),
		lab.Reset(p.between(0, 300*time.Millisecond)),
		lab.Limit(100 + p.rnd.IntN(5000)),
	}[p.rnd.IntN(6)]
}

// partition cuts everybody off from those on the other side. The bystanders are
// on the same.
func (p *plan) partition(at, until time.Duration) {
	if !p.takes("partition", at, until) {
		return
	}
	a := slices.Clone(p.bystanders)
	var b []string
	for _, who := range p.everybody {
		switch {
		case slices.Contains(p.bystanders, who):
		case p.rnd.IntN(2) == 0:
			a = append(a, who)
		default:
			b = append(b, who)
		}
	}
	if len(b) == 0 {
		return
	}
	var over func()
	p.at(at, func(r *round) {
		over = r.trouble("partition", a, b)
		r.part(a, b)
	}, "%s are cut off from the others", strings.Join(b, ", "))
	p.at(until, func(r *round) {
		r.unite()
		over()
	}, "all are together again")
}

// diskFull has the server write no registry for a while, or until it is killed.
func (p *plan) diskFull(at, until time.Duration) {
	if within(p.away[server], at) || !p.takes("disk", at, until) {
		return
	}
	var life int
	p.at(at, func(r *round) {
		if life = r.life(server); r.isUp(server) {
			r.server.DiskFull()
		}
	}, "the server's disk is full")
	p.at(until, func(r *round) {
		if life == r.life(server) && r.isUp(server) {
			r.server.DiskFree()
		}
	}, "the server's disk has room again")
}

// stranger has somebody be called by one who does not know the protocol.
func (p *plan) stranger(at time.Duration, who string) {
	said := []string{
		"GET / HTTP/1.1\r\n\r\n", "HELLO peerlab-chat/2 9", "\x00\xff\x1b[2J\n", "MSG 1 1 hello\n", strings.Repeat("x", 100<<10),
		"HELLO peerlab-chat/2 ../x 1 127.0.0.1:1 new 0\nREADY 0 0\nMSG ../x 1 x\n",
	}[p.rnd.IntN(6)]
	p.at(at, func(r *round) {
		c, err := r.Dial(r.gates[who].proxy.Address)
		if err != nil {
			return // it is not there
		}
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.Write([]byte(said)) // it may hang up at any byte
		r.t.Cleanup(func() { _ = c.Close() })
	}, "a stranger calls %s: %.30q", who, said)
}
