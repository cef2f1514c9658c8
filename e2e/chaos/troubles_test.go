package chaos

import (
	"slices"
	"strings"
	"syscall"
	"time"

	"peerlab/e2e/checker"
)

// leaveLimit is for a process that is told to leave in the midst of trouble.
const leaveLimit = 10 * time.Second

// leaves ends a member as a user does. A foreign client is killed: the assignment knows
// no other end.
func (r *round) leaves(who string) {
	r.t.Helper()
	p := r.process(who)
	switch {
	case who == server:
		r.over(who, checker.Left)
		p.Types("Exit")
	case p.Foreign():
		r.kills(who)
		return
	default:
		r.over(who, checker.Left)
		r.listens(who)
		p.Signal(syscall.SIGTERM)
	}
	p.ExitsWithin(leaveLimit, 0)
}

// listens waits until a client listens: before that SIGTERM ends it as it ends any
// process that has just been started.
func (r *round) listens(who string) {
	r.t.Helper()
	r.process(who).Eventually(who+" listens", func() bool {
		c, err := r.Dial(r.address(who))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// isUp says whether a member runs, as far as the round has ended it.
func (r *round) isUp(who string) bool { return r.lives[r.life(who)].End == checker.Lives }

// trouble plans one trouble that begins at a time, if the member that it is drawn for
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

// victim draws a member that is no bystander; the server more often than others.
func (p *plan) victim() string {
	for {
		who := p.members[max(p.rnd.IntN(len(p.members)+1)-1, 0)]
		if !slices.Contains(p.bystanders, who) {
			return who
		}
	}
}

// takes reserves a member for some time; false if it is taken.
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

// diskFull keeps the server from writing its registry for a while, or until it is killed.
func (p *plan) diskFull(at, until time.Duration) {
	if within(p.away[server], at) || !p.takes("disk", at, until) {
		return
	}
	var life int
	p.at(at, func(r *round) {
		if life = r.life(server); r.isUp(server) {
			r.Server.DiskFull()
		}
	}, "the server's disk is full")
	p.at(until, func(r *round) {
		if life == r.life(server) && r.isUp(server) {
			r.Server.DiskFree()
		}
	}, "the server's disk has room again")
}

// stranger connects to a member by hand and sends what is no message.
func (p *plan) stranger(at time.Duration, who string) {
	said := []string{
		"GET / HTTP/1.1\r\n\r\n", "HELLO peerlab-chat/2 9", "\x00\xff\x1b[2J\n", "MSG 1 1 hello\n", strings.Repeat("x", 100<<10),
		"HELLO peerlab-chat/2 ../x 1 127.0.0.1:1 new 0\nREADY 0 0\nMSG ../x 1 x\n",
	}[p.rnd.IntN(6)]
	p.at(at, func(r *round) {
		c, err := r.Dial(r.address(who))
		if err != nil {
			return // it is not there
		}
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.Write([]byte(said)) // it may hang up at any byte
		r.t.Cleanup(func() { _ = c.Close() })
	}, "a stranger connects to %s: %.30q", who, said)
}
