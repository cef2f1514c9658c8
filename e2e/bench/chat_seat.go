package main

import (
	"context"
	"fmt"

	"peerlab/e2e/bench/internal/rounds"
)

// fewClients is the size up to which crowds wait beside each other for their
// turns. Larger ones are there in their own turns only: a chat of a hundred that
// say nothing owes ten thousand signs of life a second, which would be at the
// cost of the other sides.
const fewClients = receivers

// contender is a kind of crowd that takes part in a contest.
type contender struct {
	name   string
	gather func(ctx context.Context, clients int) (*crowd, error)
}

// meshes are the kinds with a server that knows its clients.
func (l *lab) meshes() (all []contender) {
	for _, kind := range kinds {
		all = append(all, contender{kind.name, func(ctx context.Context, clients int) (*crowd, error) {
			return l.gather(ctx, kind.programs, clients)
		}})
	}
	return all
}

// everyKind is all kinds.
func (l *lab) everyKind() []contender { return append(l.meshes(), contender{goSide, l.gatherNats}) }

// seat makes sides of contenders: in each of their turns a crowd with so many
// clients, and a server or somebody in its place, is given to run. done must be
// called when the contest is over.
func (l *lab) seat(ctx context.Context, all []contender, clients int, run func(context.Context, *crowd) (rounds.Sample, error)) (sides []rounds.Side, done func(), err error) {
	var waiting []*crowd
	done = func() {
		for _, c := range waiting {
			c.Close()
		}
	}
	for _, who := range all {
		if clients > fewClients {
			sides = append(sides, rounds.Side{Name: who.name, Run: func(ctx context.Context, _ int) (rounds.Sample, error) {
				return l.turn(ctx, who, clients, run)
			}})
			continue
		}
		c, err := who.gather(ctx, clients)
		if err != nil {
			done()
			return nil, nil, fmt.Errorf("%s: %w", who.name, err)
		}
		waiting = append(waiting, c)
		sides = append(sides, rounds.Side{Name: who.name, Run: func(ctx context.Context, _ int) (rounds.Sample, error) {
			return run(ctx, c)
		}})
	}
	return sides, done, nil
}

// turn gathers a crowd for one turn, and lets it come to rest before that.
func (l *lab) turn(ctx context.Context, who contender, clients int, run func(context.Context, *crowd) (rounds.Sample, error)) (rounds.Sample, error) {
	c, err := who.gather(ctx, clients)
	if err != nil {
		return rounds.Sample{}, err
	}
	defer c.Close()
	if err := c.rest(ctx); err != nil {
		return rounds.Sample{}, err
	}
	used, err := c.CPU() // for joining and resting
	if err != nil {
		return rounds.Sample{}, err
	}
	sample, err := run(ctx, c)
	sample.Beside += used.Seconds()
	return sample, err
}
