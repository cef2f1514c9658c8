package rounds

import "peerlab/e2e/bench/internal/stats"

// Result is what came of a contest: for each side that took part its samples, in
// the order of rounds.
type Result struct {
	Contest
	Samples map[string][]Sample
	// Others is the share of the machine that processes with no part in the
	// contest had in each round; 0 where that is not known.
	Others []float64
}

const (
	quiet       = 0.2 // of the machine: less than that for others makes a round quiet
	quietRounds = 3   // with fewer of them all rounds count
)

// Counted returns the rounds that count: the quiet ones, or all if there are too
// few of those. A round counts for all sides or for none.
func (r Result) Counted() []int {
	var calm, all []int
	for i, others := range r.Others {
		all = append(all, i)
		if others < quiet {
			calm = append(calm, i)
		}
	}
	if len(calm) < quietRounds {
		return all
	}
	return calm
}

// Rates returns a side's rate in each round that counts, in the contest's unit.
func (r Result) Rates(side string) []float64 { return r.each(side, r.rate) }

func (r Result) rate(s Sample) float64 {
	if r.Rate.Time {
		return s.Seconds / s.Amount / r.Rate.Scale
	}
	return s.Amount / s.Seconds / r.Rate.Scale
}

// ServerCosts returns a side's processor seconds in each round that counts, for
// one unit of cost.
func (r Result) ServerCosts(side string) []float64 {
	return r.each(side, func(s Sample) float64 { return s.ServerCPU / s.Amount * r.Cost.Scale })
}

// ClientCosts is ServerCosts for the one who asks.
func (r Result) ClientCosts(side string) []float64 {
	return r.each(side, func(s Sample) float64 { return s.ClientCPU / s.Amount * r.Cost.Scale })
}

// Values returns what a side has reached in each round that counts.
func (r Result) Values(side string, of Quantity) []float64 {
	return r.each(side, func(s Sample) float64 {
		switch of {
		case Rate:
			return r.rate(s)
		case PerCPU:
			return s.Amount / s.ServerCPU
		case CPU:
			return s.ServerCPU / s.Amount
		case P50:
			return s.Latency.P50
		case P99:
			return s.Latency.P99
		}
		panic("rounds: no such quantity: " + string(of))
	})
}

// Latencies returns the medians over the rounds that count, and false if the
// side's were not measured.
func (r Result) Latencies(side string) (Latency, bool) {
	median := func(f func(Latency) float64) float64 {
		return stats.Of(r.each(side, func(s Sample) float64 { return f(s.Latency) })).Median
	}
	l := Latency{
		P50:  median(func(l Latency) float64 { return l.P50 }),
		P99:  median(func(l Latency) float64 { return l.P99 }),
		P999: median(func(l Latency) float64 { return l.P999 }),
	}
	return l, l.P999 > 0
}

// Peak returns the most bytes that a side's servers have had in memory, whatever
// round it was in; 0: not known.
func (r Result) Peak(side string) float64 {
	most := 0.0
	for _, s := range r.Samples[side] {
		most = max(most, s.Peak)
	}
	return most
}

func (r Result) each(side string, value func(Sample) float64) []float64 {
	var out []float64
	samples := r.Samples[side]
	if samples == nil {
		return nil // it did not take part
	}
	for _, i := range r.Counted() {
		out = append(out, value(samples[i]))
	}
	return out
}
