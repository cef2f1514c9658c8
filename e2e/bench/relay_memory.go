package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/rounds"
)

const (
	transfers  = 64
	sparseName = "sparse"
	mib        = 1 << 20
)

// memory: what a node needs for 64 transfers of 1 GiB at the same time, every
// one to its end. The file has holes only, which the node can't tell, and the
// reader has the kernel drop the bytes: otherwise it would take half a minute.
// The node is a new one, and hashes the file beside all that.
func memory(ctx context.Context, l *lab, r *report.Section) error {
	folder := l.path("sparse")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	f, err := os.Create(l.path("sparse", sparseName))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(gib); err != nil {
		return err
	}
	node, err := l.startNode(ctx, folder)
	if err != nil {
		return err
	}
	defer node.stop()
	idle, err := node.node.PeakMemory()
	if err != nil {
		return err
	}
	c := rounds.Contest{
		Title: "64 transfers of 1 GiB at the same time",
		Short: "64 transfers",
		Rate:  rounds.Unit{Name: "GB/s", Scale: 1e9},
		Cost:  rounds.Unit{Name: "CPU s a GiB", Scale: gib},
		Sides: []rounds.Side{{Name: ours, Run: func(ctx context.Context, _ int) (rounds.Sample, error) {
			args := []string{"-at-once", fmt.Sprint(transfers), "-together", "-truncate", node.nodeAddr}
			for range transfers {
				args = append(args, sparseName)
			}
			took, sample, err := l.take(ctx, node.node, args...)
			sample.Amount = float64(took.Bytes)
			return sample, err
		}}},
		Rounds: 1, AtLeast: 1, Time: time.Minute,
	}
	if err := r.Play(ctx, l.player, c); err != nil {
		return err
	}
	peak, err := node.node.PeakMemory()
	if err != nil {
		return err
	}
	r.Bounds = append(r.Bounds,
		report.Bound{What: "memory of a node, peak: before the first transfer", Unit: "MiB", Value: float64(idle) / mib},
		report.Bound{What: "memory of a node, peak: " + c.Title, Unit: "MiB", Value: float64(peak) / mib, Below: 64})
	return nil
}
