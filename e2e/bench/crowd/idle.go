package main

import (
	"time"

	"peerlab/e2e/bench/internal/proc"
)

// rest is how long nobody says anything before the server's memory counts.
const rest = time.Second

// idle returns how much more memory the server has than before everybody came.
func (c *crowd) idle(before int64) (came, error) {
	rested := time.NewTimer(rest)
	<-rested.C
	after, err := proc.Memory(c.pid)
	if err != nil {
		return came{}, err
	}
	return came{Memory: float64(after-before) / float64(c.n)}, nil
}
