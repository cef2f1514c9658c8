// Package rounds has several sides do the same work in turn, round by round.
package rounds

import (
	"context"
	"time"
)

// Sample is what one side did in one round.
type Sample struct {
	Amount    float64 // bytes, files: see Contest
	Seconds   float64
	ServerCPU float64 // seconds of processor, of all processes that serve
	ClientCPU float64
	Peak      float64 // bytes that those who serve have had in memory at most, so far; 0: not known
}

// Side is one of those that are compared.
type Side struct {
	Name   string
	Absent string // why it can't take part, and what to do; empty: it does
	Run    func(ctx context.Context, round int) (Sample, error)
}

// Unit is how an amount is shown: in Scale's.
type Unit struct {
	Name  string
	Scale float64
}

// Goal is what the ratio of two sides' rates is to reach.
type Goal struct {
	Side, Peer string
	AtLeast    float64
}

// Contest is one comparison.
type Contest struct {
	Title string
	Short string // for the plot
	Rate  Unit   // of amount per second
	Cost  Unit   // what processor time is shown for
	Sides []Side
	Goals []Goal

	Warm    bool // a round before the first is not counted
	Once    bool // a round that was disturbed can't be played again
	Rounds  int  // at most
	AtLeast int  // rounds that are played even when time is up
	Time    time.Duration
}
