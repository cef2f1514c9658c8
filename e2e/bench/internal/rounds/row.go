// Package rounds compares systems that do the same work in turn, round by round.
package rounds

import (
	"context"
	"time"
)

// Row is one comparison.
type Row struct {
	Name    string // for -rows; rows of one question share it
	Short   string // in the table of ratios
	Title   string // what is measured
	Unit    string // of Sample.Value
	Cost    string // the work that Sample.CPU is for: "a million lines"
	Sides   []Side
	Targets []Target
	Rounds  int           // at most
	Time    time.Duration // after which no round begins, but the first three
}

// Side is one of the systems that are compared.
type Side struct {
	Name string
	Turn func(ctx context.Context) (Sample, error)
}

// Absent is the error of a turn that cannot be done on this machine: the reason and the
// remedy. The row is played without the side.
type Absent string

func (a Absent) Error() string { return string(a) }

// Sample is what one side did in one turn.
type Sample struct {
	Value float64 // in the row's unit
	P99   float64 // likewise; 0: not measured
	CPU   float64 // seconds of processor of the side's programs, for the row's cost
	Own   float64 // and of the load generator
	Peak  float64 // bytes that the programs have had in memory at most; 0: not measured
}

// Quantity is a field of Sample that sides are compared by.
type Quantity string

// The quantities, as the report names them. That of the value is the row's unit.
const (
	Value Quantity = ""
	P99   Quantity = "p99"
	CPU   Quantity = "processor time"
)

func (s Sample) of(q Quantity) float64 {
	switch q {
	case P99:
		return s.P99
	case CPU:
		return s.CPU
	}
	return s.Value
}

// Target is what the ratio of two sides should reach, or the value of one side if there
// is no peer. Without AtLeast and AtMost it is only reported.
type Target struct {
	Side, Peer      string
	Of              Quantity
	AtLeast, AtMost float64
}
