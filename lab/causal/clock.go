// Package causal puts the records of several machines into one, in which no effect stands
// before its cause.
//
//	clock.go  how far the clock of a machine is ahead
//	merger.go the order of events; connection.go which of them are of one connection
package causal

import "time"

// asked is how many of the last answers count: a clock drifts.
const asked = 16

// Clock tells how far the clock of another machine is ahead of this one, from questions and
// answers with the time, as NTP does: RFC 5905, section 8. It is for one goroutine, and the
// zero value is ready.
type Clock struct {
	samples [asked]sample
	count   int
}

type sample struct{ ahead, within time.Duration }

// Add adds a question, sent and answered by these times of this machine, and received and
// answered at these of the other one. The shorter the way was, the more exact the answer is.
func (c *Clock) Add(sent, received, answered, returned time.Time) {
	way := returned.Sub(sent) - answered.Sub(received)
	c.samples[c.count%asked] = sample{
		ahead:  (received.Sub(sent) + answered.Sub(returned)) / 2,
		within: max(way, 0) / 2,
	}
	c.count++
}

// Ahead returns how far the other clock is ahead, negative if it is behind, and how far off
// that is at most. Without an answer yet both are 0.
func (c *Clock) Ahead() (ahead, within time.Duration) {
	var best sample
	for i, s := range c.samples[:min(c.count, asked)] {
		if i == 0 || s.within < best.within {
			best = s
		}
	}
	return best.ahead, best.within
}
