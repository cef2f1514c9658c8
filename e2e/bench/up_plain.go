package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"peerlab/e2e/bench/internal/pipes"
	"peerlab/e2e/bench/internal/rounds"
)

// plain starts the same processes without containers, all at the same time.
func (l *lab) plain(ctx context.Context, _ int) (rounds.Sample, error) {
	p, err := freePorts()
	if err != nil {
		return rounds.Sample{}, err
	}
	registry := l.path("up")
	if err := os.RemoveAll(registry); err != nil {
		return rounds.Sample{}, err
	}
	g, err := pipes.NewGroup()
	if err != nil {
		return rounds.Sample{}, err
	}
	defer g.Close()
	begin := time.Now()
	if err := l.startPlain(g, p, registry); err != nil {
		return rounds.Sample{}, err
	}
	err = g.Until(ctx, upPatience, func() bool {
		for _, p := range g.Processes[:1+upClients] {
			if greeted(p.Name, string(p.Text)) != nil {
				return false
			}
		}
		return true
	})
	if err == nil {
		err = awaiting(ctx, func() error { return expect(p.relay, "NODES", fmt.Sprintf("NODES %d ", upNodes)) })
	}
	took := time.Since(begin)
	if err != nil {
		return rounds.Sample{}, err
	}
	cpu, err := g.CPU()
	return rounds.Sample{Amount: 1, Seconds: took.Seconds(), ServerCPU: cpu.Seconds()}, err
}

// startPlain starts those first that show greetings.
func (l *lab) startPlain(g *pipes.Group, p ports, registry string) error {
	all := [][]string{{"server", "-listen", p.server, "-registry", registry}}
	for i := 1; i <= upClients; i++ {
		all = append(all, []string{"client", "-server", p.server, fmt.Sprint(i), "0", "0"})
	}
	host, port, _ := net.SplitHostPort(p.relay) // of FreePort: it is one
	all = append(all, []string{"relay", port})
	for range upNodes {
		all = append(all, []string{"node", "-dir", l.path("out"), "-listen", "127.0.0.1:0", host, port})
	}
	all = append(all, []string{"fetch", host, port})
	for _, args := range all {
		if _, err := g.Start(args[0], l.bin(args[0]), args[1:]...); err != nil {
			return err
		}
	}
	return nil
}
