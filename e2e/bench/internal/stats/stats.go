// Package stats sums up values that were measured several times.
package stats

import (
	"cmp"
	"math"
	"slices"
)

// Percentile returns the smallest of xs that at least p percent of them do not
// exceed, for p from 0 to 100. Of no values it is zero. It leaves xs as they are.
//
// This is the nearest-rank definition, the inverse of the empirical distribution
// function: definition 1 of R. J. Hyndman and Y. Fan, "Sample Quantiles in
// Statistical Packages", The American Statistician 50(4), 1996. The result is always a
// value that was measured: the median of 1, 2, …, 100 is 50, not 50.5. All medians
// and percentiles of the bench are made by this function.
func Percentile[T cmp.Ordered](xs []T, p int) T {
	if len(xs) == 0 {
		var zero T
		return zero
	}
	rank := (p*len(xs) + 99) / 100 // rounded up, in integers: 0.07 * 100 is more than 7
	return slices.Sorted(slices.Values(xs))[max(rank, 1)-1]
}

// Spread is the median of the values of several rounds, and the range around it.
// Without values all but N is NaN.
type Spread struct {
	Median, Min, Max float64
	N                int
}

// Of returns the spread of xs, which it leaves as they are.
func Of(xs []float64) Spread {
	if len(xs) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN(), 0}
	}
	return Spread{Percentile(xs, 50), slices.Min(xs), slices.Max(xs), len(xs)}
}

// Ratios returns a[i]/b[i] for each round that both have. Two values of one round
// were measured within seconds of each other, so that other work of the machine
// affects both; a ratio of two medians would compare different moments.
func Ratios(a, b []float64) []float64 {
	out := make([]float64, min(len(a), len(b)))
	for i := range out {
		out[i] = a[i] / b[i]
	}
	return out
}
