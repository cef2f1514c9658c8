package main

import (
	"context"
	"time"

	"peerlab/e2e/bench/internal/load"
	"peerlab/e2e/bench/internal/rounds"
	"peerlab/e2e/bench/internal/stats"
)

const (
	lineSize = 64 // bytes, with the end
	talkTime = 500 * time.Millisecond
	warmTime = 100 * time.Millisecond // of talk before that
	million  = 1e6
)

// oneTalks types at one client as fast as it reads.
func oneTalks(ctx context.Context, c *crowd) (rounds.Sample, error) {
	return talk(ctx, c, c.talkers[1:2])
}

// allTalk types at all.
func allTalk(ctx context.Context, c *crowd) (rounds.Sample, error) { return talk(ctx, c, c.talkers) }

// talk returns how many million lines are shown in a second.
func talk(ctx context.Context, c *crowd, talkers []load.Talker) (rounds.Sample, error) {
	if _, _, err := c.Talk(ctx, talkers, lineSize, warmTime); err != nil {
		return rounds.Sample{}, err
	}
	lines, u, err := c.Talk(ctx, talkers, lineSize, talkTime)
	shown := float64(lines) / million
	return sample(shown/u.Seconds, u, shown), err
}

// lineByLine types so many lines at one client, each when all screens show the one
// before, and returns the median time of a line, from its write to a stdin to its read
// from a stdout, in µs.
func lineByLine(n int) crowdTurn {
	return func(ctx context.Context, c *crowd) (rounds.Sample, error) {
		if _, _, err := c.OneByOne(ctx, c.talkers[1], lineSize, n/10); err != nil {
			return rounds.Sample{}, err
		}
		latencies, u, err := c.OneByOne(ctx, c.talkers[1], lineSize, n)
		s := sample(micro(latencies, 50), u, float64(len(latencies))/million)
		s.P99 = micro(latencies, 99)
		return s, err
	}
}

func micro(latencies []time.Duration, percent int) float64 {
	return 1e6 * stats.Percentile(latencies, percent).Seconds()
}

// joins are sides in which a crowd of so many clients forms, in milliseconds. The server
// listens before the clock starts; the clients' exec is within it.
func (l *lab) joins(clients int, kinds ...kind) (sides []rounds.Side) {
	for _, k := range kinds {
		sides = append(sides, rounds.Side{Name: k.name, Turn: turn(func(ctx context.Context, g *load.Group) (rounds.Sample, error) {
			c, err := l.gather(ctx, g, k)
			if err != nil {
				return rounds.Sample{}, err
			}
			u, err := c.Measure(func() error { return c.join(ctx, clients) })
			return sample(1e3*u.Seconds, u, 1), err
		})})
	}
	return sides
}

// serverReturns kills the server and starts it again, several times: each depends on
// when the last keepalives were. It returns the mean, in milliseconds.
func serverReturns(ctx context.Context, c *crowd) (rounds.Sample, error) {
	const times = 4
	var all load.Usage
	for range times {
		u, err := c.restart(ctx)
		if err != nil {
			return rounds.Sample{}, err
		}
		all.Seconds, all.CPU, all.Own, all.Peak = all.Seconds+u.Seconds, all.CPU+u.CPU, all.Own+u.Own, max(all.Peak, u.Peak)
	}
	return sample(1e3*all.Seconds/times, all, times), nil
}

// idles returns the processor time of a crowd that types nothing, in ms a second.
func idles(ctx context.Context, c *crowd) (rounds.Sample, error) {
	u, err := c.Measure(func() error { return c.Rest(ctx, 4*time.Second) })
	return sample(1e3*u.CPU/u.Seconds, u, u.Seconds), err
}

// remembers types a million lines at one client and returns the memory of it after two
// seconds, in MiB.
func remembers(ctx context.Context, c *crowd) (rounds.Sample, error) {
	typed := int64(0)
	u, err := c.Measure(func() error {
		for typed < million {
			shown, _, err := c.Talk(ctx, c.talkers[1:2], lineSize, warmTime)
			if err != nil {
				return err
			}
			typed += shown / int64(len(c.Screens)-1)
		}
		return c.Rest(ctx, 2*time.Second)
	})
	if err != nil {
		return rounds.Sample{}, err
	}
	bytes, err := c.talkers[1].Memory()
	return sample(float64(bytes)/(1<<20), u, float64(typed)/million), err
}
