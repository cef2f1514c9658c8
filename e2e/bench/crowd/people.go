package main

import (
	"math/rand/v2"
	"slices"
	"time"
)

// everyPerson is the pause between two lines of one person.
const everyPerson = 200 * time.Millisecond

// saying is a line that somebody says at some time.
type saying struct {
	at  time.Duration
	who *seat
}

// people has every member say its lines when they are due. A line that is late
// is late for whoever hears it: its stamp is when it was due.
func (c *crowd) people() (lines int, err error) {
	c.turns.begin(0)
	random := rand.New(rand.NewPCG(1, 1)) // the same for all sides and rounds
	start := time.Since(c.began)
	var all []saying
	for _, s := range c.seats {
		first := time.Duration(random.Int64N(int64(everyPerson)))
		for i := range c.lines {
			all = append(all, saying{start + first + time.Duration(i)*everyPerson, s})
		}
	}
	slices.SortFunc(all, func(a, b saying) int { return int(a.at - b.at) })
	due := time.NewTimer(0)
	<-due.C
	for _, next := range all {
		due.Reset(next.at - time.Since(c.began))
		<-due.C
		if err := next.who.say(stamped(next.at), 1); err != nil {
			return 0, err
		}
	}
	return c.turns.listeners * c.seats[0].step, c.turns.wait()
}
