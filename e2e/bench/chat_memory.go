package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"peerlab/e2e/bench/internal/pipes"
	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/stats"
)

// stillness is how long nobody says anything before memory counts.
const stillness = 2 * time.Second

// clientMemory: what a client has in memory, and what all of them need of the
// processors, in crowds of several sizes in which nobody says anything; and the
// memory after a million lines.
func clientMemory(ctx context.Context, l *lab, s *report.Section) error {
	for _, kind := range kinds {
		var few, many float64
		for _, clients := range crowdSizes {
			kib, busy, err := l.idle(ctx, kind.programs, clients)
			if err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
			s.Bounds = append(s.Bounds,
				report.Bound{What: fmt.Sprintf("memory of a client, idle, one of %d: %s", clients, kind.name), Unit: "MiB", Value: kib / 1024},
				report.Bound{What: fmt.Sprintf("processor time of %d idle clients and their server, all together: %s", clients, kind.name), Unit: "ms a second", Value: busy})
			s.Point("memory of an idle client, MiB", kind.name, clients, kib/1024)
			s.Point("processor time of an idle crowd, ms a second", kind.name, clients, busy)
			if clients == crowdSizes[0] {
				few = kib
			}
			many = kib
		}
		link := report.Bound{What: "memory for each further idle link: " + kind.name, Unit: "KiB", Value: (many - few) / float64(crowdSizes[len(crowdSizes)-1]-crowdSizes[0])}
		if kind.name == chatSide {
			link.Below = 20
		}
		s.Bounds = append(s.Bounds, link)
	}
	return l.talkedMemory(ctx, s)
}

// idle returns what a client has in memory, the median, in KiB, and then what all
// processes together need of the processors, in ms a second.
func (l *lab) idle(ctx context.Context, p programs, clients int) (kib, busy float64, err error) {
	c, err := l.gather(ctx, p, clients)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	if err := c.rest(ctx); err != nil {
		return 0, 0, err
	}
	all, err := memoryOf(c.Processes[1:])
	if err != nil {
		return 0, 0, err
	}
	sample, err := c.Measure(func() error { return c.rest(ctx) })
	return stats.Of(all).Median, 1000 * sample.ServerCPU / sample.Seconds, err
}

// rest lets some time pass.
func (c *crowd) rest(ctx context.Context) error {
	end := time.Now().Add(stillness)
	return c.Until(ctx, 2*stillness, func() bool { return time.Now().After(end) })
}

// memoryOf returns what each has in memory, in KiB.
func memoryOf(all []*pipes.Process) ([]float64, error) {
	var kib []float64
	for _, p := range all {
		n, err := proc.Memory(p.PID())
		if err != nil {
			return nil, fmt.Errorf("memory of %s: %w", p.Name, err)
		}
		kib = append(kib, float64(n)/1024)
	}
	return kib, nil
}

// talkedMemory has one of five clients say a million lines.
func (l *lab) talkedMemory(ctx context.Context, s *report.Section) error {
	const lines = 1_000_000
	for _, kind := range kinds {
		c, err := l.gather(ctx, kind.programs, receivers)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		defer c.Close()
		for c.Processes[0].Lines < lines {
			if _, err := c.Talk(ctx, c.talkers[1:2], lineShort, 100*time.Millisecond); err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
		}
		if err := c.rest(ctx); err != nil {
			return err
		}
		kib, err := memoryOf(c.Processes[1:])
		if err != nil {
			return err
		}
		s.Bounds = append(s.Bounds,
			report.Bound{What: "memory of a client that has said a million lines of 64 B: " + kind.name, Unit: "MiB", Value: kib[0] / 1024},
			report.Bound{What: "memory of a client that has shown them, the most of four: " + kind.name, Unit: "MiB", Value: slices.Max(kib[1:]) / 1024})
	}
	return nil
}
