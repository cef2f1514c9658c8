package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/rounds"
)

// The sides of the room's contests.
const (
	roomSide   = "room-server"
	hubSide    = "bare hub"
	natsSide   = "nats-server"
	natsGoSide = "nats-server, clients by nats.go"
	ircSide    = "ngircd"
)

// house is one of the servers that a crowd can come to.
type house struct {
	name     string
	protocol string // see crowd
	absent   string // why it can't be; empty: it is
	server   *proc.Server
	addr     string
}

// street is all houses of those names. close must be called.
type street []house

func (l *lab) openStreet(ctx context.Context, names ...string) (street, error) {
	var all street
	for _, name := range names {
		h, err := l.openHouse(ctx, name)
		if err != nil {
			all.close()
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

func (l *lab) openHouse(ctx context.Context, name string) (house, error) {
	h := house{name: name}
	var err error
	switch name {
	case roomSide:
		h.protocol = "lines"
		h.server, h.addr, err = l.startListening(ctx, "room-server", "-listen")
	case hubSide:
		h.protocol = "lines"
		h.server, h.addr, err = l.startListening(ctx, "barehub")
	case natsSide:
		h.protocol = "nats"
		h.server, h.addr, err = l.startNats(ctx)
	case natsGoSide:
		h.protocol = "nats.go"
		h.server, h.addr, err = l.startNats(ctx)
	case ircSide:
		h.protocol = "irc"
		if h.server, h.addr, err = l.startNgircd(ctx); err != nil { // it may not be installed
			h.absent, err = err.Error(), nil
		}
	}
	return h, err
}

func (s street) close() {
	for _, h := range s {
		if h.server != nil {
			h.server.Stop()
		}
	}
}

// startListening starts one of our programs whose last argument is where it is
// to listen. It must be stopped.
func (l *lab) startListening(ctx context.Context, program string, args ...string) (*proc.Server, string, error) {
	addr, err := proc.FreePort()
	if err != nil {
		return nil, "", err
	}
	return started(ctx, program, addr, l.bin(program), append(args, addr)...)
}

// started starts a server and waits until it listens.
func started(ctx context.Context, name, addr, path string, args ...string) (*proc.Server, string, error) {
	s, err := proc.Start(name, path, args...)
	if err != nil {
		return nil, "", err
	}
	if err := s.Ready(ctx, func() error { return dials(addr) }); err != nil {
		s.Stop()
		return nil, "", err
	}
	return s, addr, nil
}

// sides are the houses, to each of which a crowd comes in each round.
func (l *lab) sides(s street, how string, duration time.Duration) []rounds.Side {
	var all []rounds.Side
	for _, h := range s {
		all = append(all, rounds.Side{Name: h.name, Absent: h.absent, Run: func(ctx context.Context, _ int) (rounds.Sample, error) {
			came, sample, err := l.visit(ctx, h, "-how", how, "-for", duration.String())
			sample.Amount, sample.Seconds = float64(came.Lines), came.Seconds
			return sample, err
		}})
	}
	return all
}

// crowdCame is what a crowd says: see crowd/main.go.
type crowdCame struct {
	Lines     int     `json:"lines"`
	Seconds   float64 `json:"seconds"`
	ServerCPU float64 `json:"server_cpu"`
	ClientCPU float64 `json:"client_cpu"`
	Memory    float64 `json:"memory"`
	P50       float64 `json:"p50"`
	P99       float64 `json:"p99"`
	P999      float64 `json:"p999"`
}

// visit has a crowd, a process of its own, come to a house. What it takes them
// to come in and to leave does not count.
func (l *lab) visit(ctx context.Context, h house, args ...string) (crowdCame, rounds.Sample, error) {
	var came crowdCame
	var done proc.Done
	args = append(args, "-protocol", h.protocol, "-pid", fmt.Sprint(h.server.PID()), h.addr)
	used, err := h.server.During(func() (err error) {
		done, err = proc.Run(ctx, true, l.bin("crowd"), args...)
		return err
	})
	if err != nil {
		return came, rounds.Sample{}, err
	}
	if err := json.Unmarshal(done.Out, &came); err != nil {
		return came, rounds.Sample{}, fmt.Errorf("what crowd prints: %w", err)
	}
	return came, rounds.Sample{
		ServerCPU: came.ServerCPU, ClientCPU: came.ClientCPU,
		Beside:  used.CPU.Seconds() + done.CPU.Seconds() - came.ServerCPU - came.ClientCPU,
		Peak:    float64(used.Peak),
		Latency: rounds.Latency{P50: came.P50, P99: came.P99, P999: came.P999},
	}, nil
}
