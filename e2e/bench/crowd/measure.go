package main

import (
	"fmt"
	"os"
	"time"

	"peerlab/e2e/bench/internal/proc"
)

// measure runs what is to be measured.
func (c *crowd) measure(talk func() (lines int, err error)) (came, error) {
	server, own, err := c.clocks()
	if err != nil {
		return came{}, err
	}
	begin := time.Now()
	lines, err := talk()
	if err != nil {
		return came{}, err
	}
	took := time.Since(begin)
	serverThen, ownThen, err := c.clocks()
	if err != nil {
		return came{}, err
	}
	out := came{
		Lines: lines, Seconds: took.Seconds(),
		ServerCPU: (serverThen - server).Seconds(), ClientCPU: (ownThen - own).Seconds(),
	}
	if c.how == "people" {
		out.quantiles(c.seats)
	}
	return out, nil
}

// clocks returns the processor time of the server, if its process is known, and
// of the crowd.
func (c *crowd) clocks() (server, own time.Duration, err error) {
	if c.pid != 0 {
		if server, err = proc.CPU(c.pid); err != nil {
			return 0, 0, fmt.Errorf("processor time of the server: %w", err)
		}
	}
	own, err = proc.CPU(os.Getpid())
	return server, own, err
}
