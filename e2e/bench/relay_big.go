package main

import (
	"context"
	"time"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/rounds"
)

// The sides, as the tables name them.
const (
	ours     = "node"
	bareSide = "bare sendfile"
	nginx    = "nginx"
	iperf3   = "iperf3"
	iperf3F  = "iperf3 -F, from the file"
	iperf3C  = "iperf3 -C reno, not paced"
)

// bigFile: one file of 1 GiB to a reader that drops it.
func bigFile(ctx context.Context, l *lab, r *report.Section) error {
	if err := l.needBig(); err != nil {
		return err
	}
	node, err := l.startNode(ctx, l.path("files"))
	if err != nil {
		return err
	}
	defer node.stop()
	if err := node.hash(bigName); err != nil {
		return err
	}
	bare, bareAddr, err := l.startBare(ctx, l.path("files"))
	if err != nil {
		return err
	}
	defer bare.Stop()

	c := rounds.Contest{
		Title: "1 GiB from memory to a reader that drops it",
		Short: "1 GiB, dropped",
		Rate:  rounds.Unit{Name: "GB/s", Scale: 1e9},
		Cost:  rounds.Unit{Name: "CPU s a GiB", Scale: gib},
		Goals: []rounds.Goal{{Side: ours, Peer: bareSide, AtLeast: 0.9}, {Side: ours, Peer: iperf3, AtLeast: 1.1}, {Side: ours, Peer: iperf3F}, {Side: ours, Peer: iperf3C}, {Side: bareSide, Peer: iperf3C}, {Side: ours, Peer: nginx}},
		Sides: []rounds.Side{
			l.discards(ours, node.node, "relay", node.nodeAddr),
			l.discards(bareSide, bare, "relay", bareAddr),
		},
		Warm: true, Rounds: 11, AtLeast: 3, Time: 24 * time.Second,
	}
	if i, err := startIperf(ctx); err != nil {
		for _, name := range []string{iperf3, iperf3F, iperf3C} {
			c.Sides = append(c.Sides, rounds.Side{Name: name, Absent: err.Error()})
		}
	} else {
		defer i.server.Stop()
		c.Sides = append(c.Sides, i.side(iperf3), i.side(iperf3F, "-F", l.path("files", bigName)), i.side(iperf3C, "-C", "reno"))
	}
	if n, addr, err := l.startNginx(ctx, l.path("files")); err != nil {
		c.Sides = append(c.Sides, rounds.Side{Name: nginx, Absent: err.Error()})
	} else {
		defer n.Stop()
		c.Sides = append(c.Sides, l.discards(nginx, n, "http", addr))
	}
	return r.Play(ctx, l.player, c)
}

// discards is a side from which the big file is read and dropped.
func (l *lab) discards(name string, s *proc.Server, protocol, addr string) rounds.Side {
	return rounds.Side{Name: name, Run: func(ctx context.Context, _ int) (rounds.Sample, error) {
		took, sample, err := l.take(ctx, s, "-protocol", protocol, addr, bigName)
		sample.Amount = float64(took.Bytes)
		return sample, err
	}}
}
