package main

import (
	"context"
	"fmt"
	"time"

	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/rounds"
	"peerlab/e2e/bench/internal/stats"
)

var (
	inMilliseconds = rounds.Unit{Name: "ms", Scale: 1e-3, Time: true}
	perGo          = rounds.Unit{Name: "CPU s", Scale: 1}
)

// kinds are the crowds with a server that knows its clients.
var kinds = []struct {
	name string
	programs
}{{chatSide, chat}, {meshSide, mesh}}

// serverReturns: the server is killed and started again, and everybody is back.
func serverReturns(ctx context.Context, l *lab, s *report.Section) error {
	for _, clients := range []int{5, 100} {
		c := rounds.Contest{
			Title: fmt.Sprintf("From the exec of a server in place of one killed by SIGKILL until it has all of its %d clients back", clients),
			Short: fmt.Sprintf("%d back", clients),
			Rate:  inMilliseconds, Cost: perGo, Roles: everybody,
			Goals: []rounds.Goal{{Side: chatSide, Peer: meshSide, AtMost: 2}},
			Warm:  clients <= fewClients, Rounds: 9, AtLeast: 4, Time: 12 * time.Second,
		}
		err := l.playCrowds(ctx, s, c, clients)
		if err != nil {
			return err
		}
	}
	return nil
}

// restarts is how often the server is killed in each turn: what it takes depends
// on whether it meets the clients' signs of life.
const restarts = 4

// playCrowds plays a contest of restarts.
func (l *lab) playCrowds(ctx context.Context, s *report.Section, c rounds.Contest, clients int) error {
	sides, done, err := l.seat(ctx, l.meshes(), clients, func(ctx context.Context, crowd *crowd) (rounds.Sample, error) {
		var all rounds.Sample
		for range restarts {
			one, err := crowd.restart(ctx, l)
			if err != nil {
				return all, err
			}
			all.Amount, all.Seconds = all.Amount+1, all.Seconds+one.Seconds
			all.ServerCPU, all.ClientCPU, all.Peak = all.ServerCPU+one.ServerCPU, all.ClientCPU+one.ClientCPU, max(all.Peak, one.Peak)
		}
		return all, nil
	})
	if err != nil {
		return err
	}
	defer done()
	c.Sides = sides
	return s.Play(ctx, l.player, c)
}

// meshJoins: the time from the exec of the first client until all screens have
// all of them.
func meshJoins(ctx context.Context, l *lab, s *report.Section) error {
	for _, clients := range crowdSizes {
		c := rounds.Contest{
			Title: fmt.Sprintf("A mesh of %d clients, from the exec of the first until all screens have all of them", clients),
			Short: fmt.Sprintf("mesh of %d", clients),
			Rate:  inMilliseconds, Cost: perGo, Roles: everybody,
			Goals: []rounds.Goal{{Side: chatSide, Peer: meshSide}},
			Warm:  clients <= 20, Rounds: 5, AtLeast: 3, Time: 12 * time.Second,
		}
		if clients == 100 {
			c.Goals[0].AtMost = 3
		}
		for _, kind := range kinds {
			c.Sides = append(c.Sides, rounds.Side{Name: kind.name, Run: func(ctx context.Context, _ int) (rounds.Sample, error) {
				return l.joining(ctx, kind.programs, clients)
			}})
		}
		if err := s.Play(ctx, l.player, c); err != nil {
			return err
		}
		addPoints(s, "until a mesh is complete, ms", clients, 1, rounds.Rate)
		addPoints(s, "processor time until a mesh is complete, s", clients, 1, rounds.CPU)
	}
	return nil
}

// addPoints adds what each side reached in the contest that has just been played
// to a curve.
func addPoints(s *report.Section, what string, clients int, scale float64, of rounds.Quantity) {
	result := s.Results[len(s.Results)-1]
	for _, side := range result.Sides {
		s.Point(what, side.Name, clients, scale*stats.Of(result.Values(side.Name, of)).Median)
	}
}

// joining starts a crowd and ends it.
func (l *lab) joining(ctx context.Context, p programs, clients int) (rounds.Sample, error) {
	c, err := l.gather(ctx, p, 0)
	if err != nil {
		return rounds.Sample{}, err
	}
	defer c.Close()
	sample, err := c.Measure(func() error { return c.join(ctx, l, clients) })
	sample.Amount = 1
	return sample, err
}
