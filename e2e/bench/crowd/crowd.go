package main

import (
	"fmt"
	"sync"
	"time"

	"peerlab/e2e/bench/internal/proc"
)

// options are what is asked for.
type options struct {
	protocol, how, addr string
	n, pid              int
	duration            time.Duration
}

// crowd is all members. Those that talk come first.
type crowd struct {
	options
	seats   []*seat
	talkers int
	lines   int // that a talker says in a turn
	joined  *window
	turns   *window
	began   time.Time
}

// turnLines is how many lines are said in a turn, by all talkers together.
// ngircd cuts off whom it owes more than 64 KiB, and reads 2 KiB at a time.
func turnLines(protocol string) int {
	if protocol == "irc" {
		return 300
	}
	return 4000
}

func (o options) run() (came, error) {
	c := &crowd{options: o, began: time.Now()}
	members := o.n
	switch o.how {
	case "fan":
		members, c.talkers = o.n+1, 1
	case "each":
		members, c.talkers = o.n+1, o.n+1
	case "people", "idle":
		c.talkers = o.n
	default:
		return came{}, fmt.Errorf("-how %s: fan, each, people and idle are known", o.how)
	}
	c.lines = max(1, turnLines(o.protocol)/c.talkers)
	if o.how == "people" {
		c.lines = max(1, int(o.duration/everyPerson))
	}
	var before int64
	if o.how == "idle" {
		var err error
		if before, err = proc.Memory(o.pid); err != nil {
			return came{}, fmt.Errorf("-how idle wants -pid: %w", err)
		}
	}
	defer c.leave()
	if err := c.join(members); err != nil {
		return came{}, err
	}
	switch o.how {
	case "idle":
		return c.idle(before)
	case "people":
		return c.measure(c.people)
	}
	return c.measure(c.flood)
}

// join has everybody come in, and returns when everybody has heard from
// everybody: then none is left whom the server does not know yet, or has
// something to tell.
func (c *crowd) join(members int) error {
	silent := 0 // those who will hear nothing
	if c.talkers == 1 {
		silent = 1
	}
	c.joined, c.turns = newWindow(members), newWindow(members-silent)
	c.joined.begin(0)
	for i := range members {
		s := &seat{others: members - 1, step: c.talkers * c.lines, joined: c.joined, turns: c.turns, turn: -1}
		if i < c.talkers {
			s.step -= c.lines // none hears itself
		}
		if c.talkers == 1 && i == 0 {
			s.step = 1 // that never comes
		}
		if c.how == "people" {
			s.stamps = &stamps{begin: c.began}
		}
		var err error
		if s.member, err = c.enter(i, s); err != nil {
			return fmt.Errorf("client %d: %w", i+1, err)
		}
		c.seats = append(c.seats, s)
	}
	for _, s := range c.seats {
		if err := s.say(text, 1); err != nil {
			return err
		}
	}
	return c.joined.wait()
}

// enter has one member come in.
func (c *crowd) enter(i int, e ears) (member, error) {
	if c.protocol == "nats.go" {
		return joinLibrary(c.addr, e)
	}
	d, ok := dialects[c.protocol]
	if !ok {
		return nil, fmt.Errorf("-protocol %s: lines, nats, nats.go and irc are known", c.protocol)
	}
	return joinWire(d, c.addr, fmt.Sprintf("c%d", i), e)
}

func (c *crowd) leave() {
	for _, s := range c.seats {
		s.close()
	}
}

// flood has the talkers talk as fast as listeners listen, for as long as it is
// to last.
func (c *crowd) flood() (lines int, err error) {
	enough := time.AfterFunc(c.duration, c.turns.close)
	defer enough.Stop()
	var all sync.WaitGroup
	for _, s := range c.seats[:c.talkers] {
		all.Go(func() {
			for turn := 0; c.turns.begin(turn); turn++ {
				if err := c.turn(s); err != nil {
					c.turns.fail(fmt.Errorf("say a line: %w", err))
				}
			}
		})
	}
	all.Wait()
	err = c.turns.wait()
	for _, s := range c.seats[len(c.seats)-c.turns.listeners:] {
		lines += s.step * c.turns.started
	}
	return lines, err
}

// turn is what one talker says in a turn: with one write if it is the only one,
// and line by line if it is not.
func (c *crowd) turn(s *seat) error {
	if c.talkers == 1 {
		return s.say(text, c.lines)
	}
	for range c.lines {
		if err := s.say(text, 1); err != nil {
			return err
		}
	}
	return nil
}
