package main

import (
	"context"
	"errors"
	"io"

	"peerlab/e2e/bench/internal/load"
	"peerlab/e2e/bench/internal/rounds"
	"peerlab/lab/event"
	"peerlab/lab/wire"
)

const (
	withWire    = "with an idle wire"
	withoutWire = "without"
)

// wired are two sides that do the same, one of them with a wire that has no faults and
// records what crosses the network.
func wired(run func(context.Context, *load.Group) (rounds.Sample, error)) []rounds.Side {
	return []rounds.Side{
		{Name: withWire, Turn: turn(func(ctx context.Context, g *load.Group) (rounds.Sample, error) {
			record := event.NewRecorder(io.Discard)
			w, err := wire.Open(g.Network, g.ProgramOf, record, nil)
			if err != nil {
				return rounds.Sample{}, errors.Join(rounds.Absent(err.Error()), record.Close())
			}
			s, err := run(ctx, g)
			return s, errors.Join(err, w.Err(), w.Close(), record.Close())
		})},
		{Name: withoutWire, Turn: turn(run)},
	}
}
