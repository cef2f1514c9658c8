package main

import (
	"context"
	"time"

	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/rounds"
)

const (
	crowdTalks = 400 * time.Millisecond // a side's turn, when it is about speed
	peopleTalk = time.Second
)

var (
	lineRate = rounds.Unit{Name: "million lines/s", Scale: 1e6}
	lineCost = rounds.Unit{Name: "CPU s a million lines", Scale: 1e6}
)

// roomFan: one client talks, a hundred listen.
func roomFan(ctx context.Context, l *lab, r *report.Section) error {
	return l.roomSpeed(ctx, r, "fan", "1 → 100, 64 B",
		"One client talks to 100 others, lines of 64 bytes, many with each write; lines delivered")
}

// roomEach: a hundred and one clients talk, and hear each other.
func roomEach(ctx context.Context, l *lab, r *report.Section) error {
	return l.roomSpeed(ctx, r, "each", "101 talkers, 64 B",
		"101 clients talk to each other, lines of 64 bytes, one with each write; lines delivered")
}

func (l *lab) roomSpeed(ctx context.Context, r *report.Section, how, short, title string) error {
	s, err := l.openStreet(ctx, roomSide, hubSide, natsSide, natsGoSide, ircSide)
	if err != nil {
		return err
	}
	defer s.close()
	return r.Play(ctx, l.player, rounds.Contest{
		Title: title, Short: short, Rate: lineRate, Cost: lineCost,
		Sides: l.sides(s, how, crowdTalks),
		Goals: []rounds.Goal{
			{Side: roomSide, Peer: ircSide, Of: rounds.PerCPU, AtLeast: 5},
			{Side: roomSide, Peer: hubSide, Of: rounds.PerCPU, AtLeast: 0.5},
			{Side: roomSide, Peer: hubSide, AtLeast: 0.4},
			{Side: roomSide, Peer: natsGoSide, AtLeast: 5},
			{Side: roomSide, Peer: natsSide},
			{Side: roomSide, Peer: natsSide, Of: rounds.PerCPU},
		},
		Rounds: 5, AtLeast: 3, Time: 15 * time.Second,
	})
}

// roomPeople: a hundred clients say five lines a second each.
func roomPeople(ctx context.Context, l *lab, r *report.Section) error {
	s, err := l.openStreet(ctx, roomSide, hubSide, natsSide, ircSide)
	if err != nil {
		return err
	}
	defer s.close()
	c := rounds.Contest{
		Title: "100 clients say 5 lines a second each; lines delivered, and how long from when one was due until it was there",
		Short: "100 people", Rate: rounds.Unit{Name: "lines/s", Scale: 1}, Cost: lineCost,
		Sides:  l.sides(s, "people", peopleTalk),
		Goals:  []rounds.Goal{{Side: roomSide, Peer: natsSide, Of: rounds.CPU, AtMost: 0.6}, {Side: roomSide, Peer: hubSide, Of: rounds.CPU}, {Side: roomSide, Peer: natsSide, Of: rounds.P99}},
		Rounds: 4, AtLeast: 3, Time: 15 * time.Second,
	}
	result, err := l.player.Play(ctx, c)
	if err != nil {
		return err
	}
	r.Results = append(r.Results, result)
	took, _ := result.Latencies(roomSide)
	r.Bounds = append(r.Bounds, report.Bound{What: "100 people: p99 from one client to the others", Unit: "ms", Value: 1e3 * took.P99, Below: 10})
	return nil
}

// roomMemory: what a server needs for a client that says nothing any more.
func roomMemory(ctx context.Context, l *lab, r *report.Section) error {
	s, err := l.openStreet(ctx, roomSide, hubSide, natsSide, ircSide)
	if err != nil {
		return err
	}
	defer s.close()
	for _, h := range s {
		if h.absent != "" {
			continue // the other tables say why
		}
		came, _, err := l.visit(ctx, h, "-how", "idle")
		if err != nil {
			return err
		}
		b := report.Bound{What: "memory for each of 100 idle connections: " + h.name, Unit: "KiB", Value: came.Memory / 1024}
		if h.name == roomSide {
			b.Below = 20
		}
		r.Bounds = append(r.Bounds, b)
	}
	return nil
}
