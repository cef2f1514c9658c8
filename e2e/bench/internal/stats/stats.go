// Package stats sums up what was measured several times.
package stats

import (
	"cmp"
	"math"
	"slices"
)

// Spread is what there is to say about the values of several rounds. Without
// values all of it is NaN.
type Spread struct {
	Median, Min, Max float64
	N                int
}

// Of returns the spread of xs, which it leaves as they are.
func Of(xs []float64) Spread {
	if len(xs) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN(), 0}
	}
	sorted := slices.Clone(xs)
	slices.Sort(sorted)
	half := len(sorted) / 2
	median := sorted[half]
	if len(sorted)%2 == 0 {
		median = (sorted[half-1] + sorted[half]) / 2
	}
	return Spread{median, sorted[0], sorted[len(sorted)-1], len(sorted)}
}

// Ratios returns a[i]/b[i] for each round that both have. Two values of one
// round were measured within seconds of each other, so that what else the
// machine was doing weighs on both; a ratio of two medians would compare
// different moments.
func Ratios(a, b []float64) []float64 {
	out := make([]float64, 0, min(len(a), len(b)))
	for i := range min(len(a), len(b)) {
		out = append(out, a[i]/b[i])
	}
	return out
}

// Quantile returns the smallest of xs that at least the share q of them does not
// exceed: q of 0.5 is the median. It sorts xs. Of nothing it is zero.
func Quantile[T cmp.Ordered](xs []T, q float64) T {
	if len(xs) == 0 {
		var zero T
		return zero
	}
	slices.Sort(xs)
	return xs[min(max(int(math.Ceil(q*float64(len(xs))))-1, 0), len(xs)-1)]
}
