package main

import (
	"context"
	"fmt"

	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/rounds"
)

// crowdSizes are how many clients the mesh has in the rows about its growth.
var crowdSizes = []int{5, 20, 50, 100}

// The curves that begin with the rows about crowds of five.
const (
	bulkCost   = "lines as fast as they go: processor µs a line shown"
	singleCost = "one line at a time: processor µs a line shown"
	singleTime = "one line at a time, from stdin to a screen, p50, ms"
)

// growth: what a line costs in larger crowds, in a mesh and with a broker. What it
// costs among five the other rows say.
func growth(ctx context.Context, l *lab, s *report.Section) error {
	for _, clients := range []int{20, 100} {
		if err := l.grown(ctx, s, clients); err != nil {
			return err
		}
	}
	return nil
}

func (l *lab) grown(ctx context.Context, s *report.Section, clients int) error {
	err := l.talking(ctx, s, clients, lineShort, false, rounds.Contest{
		Title:  fmt.Sprintf("One talker, %d screens, lines of 64 B", clients),
		Short:  fmt.Sprintf("1 → %d, 64 B", clients),
		Goals:  []rounds.Goal{{Side: chatSide, Peer: goSide}, {Side: chatSide, Peer: meshSide}, {Side: chatSide, Peer: goSide, Of: rounds.CPU}},
		Rounds: 3, AtLeast: 3,
	})
	if err != nil {
		return err
	}
	addPoints(s, bulkCost, clients, 1e6, rounds.CPU)
	err = l.oneByOne(ctx, s, clients, 200, rounds.Contest{
		Title:  fmt.Sprintf("One line of 64 B at a time to %d screens", clients),
		Short:  fmt.Sprintf("one line to %d", clients),
		Goals:  []rounds.Goal{{Side: chatSide, Peer: goSide, Of: rounds.P50}, {Side: chatSide, Peer: goSide, Of: rounds.CPU}},
		Rounds: 3, AtLeast: 3,
	})
	if err != nil {
		return err
	}
	addPoints(s, singleCost, clients, 1e6, rounds.CPU)
	addPoints(s, singleTime, clients, 1e3, rounds.P50)
	return nil
}
