package rounds

import "peerlab/e2e/bench/internal/stats"

// Result is a row with its samples, for each side in the order of rounds.
type Result struct {
	Row
	Samples map[string][]Sample
	Absent  map[string]Absent // sides that have not taken part
	// Others is the share of the machine that other processes had in each round.
	Others []float64
}

const (
	quiet     = 0.2 // of the machine: with less for others a round is quiet
	minRounds = 3   // with fewer quiet rounds all rounds count
)

// Counted returns the rounds that count: the quiet ones, or all if these are too few. A
// round counts for all sides or for none.
func (r Result) Counted() []int {
	var calm, all []int
	for i, others := range r.Others {
		all = append(all, i)
		if others < quiet {
			calm = append(calm, i)
		}
	}
	if len(calm) < minRounds {
		return all
	}
	return calm
}

// Median returns the median of a figure of a side's samples, over the rounds that count.
func (r Result) Median(side string, figure func(Sample) float64) float64 {
	return stats.Of(r.each(side, figure)).Median
}

// Values returns the spread of a side's values over the rounds that count.
func (r Result) Values(side string) stats.Spread {
	return stats.Of(r.each(side, func(s Sample) float64 { return s.Value }))
}

// Judge returns what has become of a target: the spread of the ratios round by round,
// or of the values if there is no peer. Its N is 0 where a side has not taken part.
func (r Result) Judge(t Target) stats.Spread {
	figure := func(s Sample) float64 { return s.of(t.Of) }
	values := r.each(t.Side, figure)
	if t.Peer != "" {
		values = stats.Ratios(values, r.each(t.Peer, figure))
	}
	return stats.Of(values)
}

func (r Result) each(side string, figure func(Sample) float64) (out []float64) {
	samples := r.Samples[side]
	if samples == nil {
		return nil // it has not taken part
	}
	for _, i := range r.Counted() {
		out = append(out, figure(samples[i]))
	}
	return out
}
