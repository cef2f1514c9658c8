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
	Beside    float64 // seconds of processor of both, before and after what was measured
	Peak      float64 // bytes that those who serve have had in memory at most, so far; 0: not known
	Latency   Latency // from one end to the other; zero: not measured
}

// Latency says what half, 99 % and 99.9 % of all single ones were at most, in
// seconds.
type Latency struct{ P50, P99, P999 float64 }

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
	Time  bool // the rate is the time for an amount, in Scale's of a second: less is better
}

// Goal is what the ratio of two sides is to reach; without AtLeast and AtMost it
// is only told.
type Goal struct {
	Side, Peer      string
	Of              Quantity
	AtLeast, AtMost float64
}

// Quantity is what sides are compared by.
type Quantity string

// What sides can be compared by, as the report calls it. The rate goes without
// saying.
const (
	Rate   Quantity = ""
	PerCPU Quantity = "for the server's CPU" // amount for each processor second of it
	CPU    Quantity = "CPU of the server"    // for the same amount
	P50    Quantity = "p50"
	P99    Quantity = "p99"
)

// Roles is what the report calls those whose processor time and memory a sample
// has; empty: server and client.
type Roles struct{ Server, Client string }

// Contest is one comparison.
type Contest struct {
	Title string
	Short string // for the plot
	Rate  Unit   // of amount per second
	Cost  Unit   // what processor time is shown for
	Roles Roles
	Sides []Side
	Goals []Goal

	Warm    bool // a round before the first is not counted
	Once    bool // a round that was disturbed can't be played again
	Rounds  int  // at most
	AtLeast int  // rounds that are played even when time is up
	Time    time.Duration
}
