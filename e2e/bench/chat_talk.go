package main

import (
	"context"
	"time"

	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/rounds"
	"peerlab/e2e/bench/internal/stats"
)

const (
	receivers = 5
	lineShort = 64 // bytes, as all sizes of lines with their ends
	lineLong  = 1 << 10
	talkTime  = 500 * time.Millisecond // for which each side types in each round

)

var (
	perMillion = rounds.Unit{Name: "CPU s a million lines shown", Scale: 1e6}
	everybody  = rounds.Roles{Server: "all processes", Client: "who measures"}
)

// talkSmall: one client types as fast as it can; the server and the four other
// clients show it.
func talkSmall(ctx context.Context, l *lab, s *report.Section) error {
	err := l.talkingOfFive(ctx, s, lineShort, false, rounds.Contest{
		Title: "One talker, five screens, lines of 64 B",
		Short: "1 → 5, 64 B",
		Goals: []rounds.Goal{
			{Side: chatSide, Peer: goSide, AtLeast: 5},
			{Side: chatSide, Peer: meshSide, AtLeast: 0.25},
			{Side: chatSide, Peer: goSide, Of: rounds.CPU, AtMost: 0.25},
		},
	})
	if err == nil {
		addPoints(s, bulkCost, receivers, 1e6, rounds.CPU)
	}
	return err
}

// talkBig: the same with lines of 1 KiB.
func talkBig(ctx context.Context, l *lab, s *report.Section) error {
	return l.talkingOfFive(ctx, s, lineLong, false, rounds.Contest{
		Title: "One talker, five screens, lines of 1 KiB",
		Short: "1 → 5, 1 KiB",
		Goals: []rounds.Goal{{Side: chatSide, Peer: goSide, AtLeast: 3}, {Side: chatSide, Peer: meshSide}},
	})
}

// talkAll: all six type at the same time.
func talkAll(ctx context.Context, l *lab, s *report.Section) error {
	return l.talkingOfFive(ctx, s, lineShort, true, rounds.Contest{
		Title: "Six talkers, five screens each, lines of 64 B",
		Short: "6 ↔ 6, 64 B",
		Goals: []rounds.Goal{{Side: chatSide, Peer: goSide}, {Side: chatSide, Peer: meshSide}, {Side: chatSide, Peer: goSide, Of: rounds.CPU}},
	})
}

// talkingOfFive plays a contest of typing as fast as possible, in crowds of five.
func (l *lab) talkingOfFive(ctx context.Context, s *report.Section, size int, all bool, c rounds.Contest) error {
	c.Rounds, c.AtLeast, c.Time = 11, 3, 18*time.Second // rounds differ by half
	return l.talking(ctx, s, receivers, size, all, c)
}

// talking plays a contest of typing as fast as possible.
func (l *lab) talking(ctx context.Context, s *report.Section, clients, size int, all bool, c rounds.Contest) error {
	c.Rate = rounds.Unit{Name: "million lines shown/s", Scale: 1e6}
	return l.lines(ctx, s, clients, c, func(ctx context.Context, c *crowd) (rounds.Sample, error) {
		talkers := c.talkers
		if !all {
			talkers = c.talkers[1:2]
		}
		return c.Talk(ctx, talkers, size, talkTime)
	})
}

// lines plays a contest of lines that are shown, between crowds of every kind.
func (l *lab) lines(ctx context.Context, s *report.Section, clients int, c rounds.Contest, run func(context.Context, *crowd) (rounds.Sample, error)) error {
	sides, done, err := l.seat(ctx, l.everyKind(), clients, run)
	if err != nil {
		return err
	}
	defer done()
	c.Sides, c.Cost, c.Roles, c.Warm = sides, perMillion, everybody, clients <= fewClients
	return s.Play(ctx, l.player, c)
}

// talkLatency: the time from a line's being typed to its being read off each of
// five screens, one line at a time.
func talkLatency(ctx context.Context, l *lab, s *report.Section) error {
	const lines = 2000 // in each round
	err := l.oneByOne(ctx, s, receivers, lines, rounds.Contest{
		Title: "One line of 64 B at a time to five screens, from stdin to each",
		Short: "one line at a time",
		Goals: []rounds.Goal{
			{Side: chatSide, Peer: goSide, Of: rounds.P50, AtMost: 0.6},
			{Side: chatSide, Peer: goSide, Of: rounds.P99, AtMost: 0.8},
			{Side: chatSide, Peer: meshSide, Of: rounds.P50},
			{Side: chatSide, Peer: meshSide, Of: rounds.P99},
		},
		Rounds: 7, AtLeast: 3, Time: 12 * time.Second,
	})
	if err != nil {
		return err
	}
	addPoints(s, singleCost, receivers, 1e6, rounds.CPU)
	addPoints(s, singleTime, receivers, 1e3, rounds.P50)
	return nil
}

// oneByOne plays a contest of so many lines, each typed when all have shown the
// one before.
func (l *lab) oneByOne(ctx context.Context, s *report.Section, clients, lines int, c rounds.Contest) error {
	c.Rate = rounds.Unit{Name: "lines shown/s", Scale: 1}
	return l.lines(ctx, s, clients, c, func(ctx context.Context, c *crowd) (rounds.Sample, error) {
		took, sample, err := c.OneByOne(ctx, c.talkers[1], lineShort, lines)
		sample.Latency = rounds.Latency{
			P50:  stats.Quantile(took, 0.5).Seconds(),
			P99:  stats.Quantile(took, 0.99).Seconds(),
			P999: stats.Quantile(took, 0.999).Seconds(),
		}
		return sample, err
	})
}
