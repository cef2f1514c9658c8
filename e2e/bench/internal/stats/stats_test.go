package stats

import (
	"math"
	"slices"
	"testing"
)

func TestSpread(t *testing.T) {
	tests := []struct {
		name string
		xs   []float64
		want Spread
	}{
		{"one value", []float64{7}, Spread{7, 7, 7, 1}},
		{"an odd number: the one in the middle", []float64{9, 1, 5}, Spread{5, 1, 9, 3}},
		{"an even number: the mean of the two in the middle", []float64{4, 1, 100, 2}, Spread{3, 1, 100, 4}},
		{"equal values", []float64{2, 2, 2}, Spread{2, 2, 2, 3}},
		{"one far off moves the maximum, not the median", []float64{1, 1, 1, 1, 1000}, Spread{1, 1, 1000, 5}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Of(test.xs); got != test.want {
				t.Errorf("Of(%v) = %+v, want %+v", test.xs, got, test.want)
			}
		})
	}
}

func TestSpreadOfNothingIsNoNumber(t *testing.T) {
	if got := Of(nil); !math.IsNaN(got.Median) || !math.IsNaN(got.Min) || !math.IsNaN(got.Max) || got.N != 0 {
		t.Errorf("Of(nil) = %+v", got)
	}
}

func TestSpreadLeavesTheOrderOfRounds(t *testing.T) {
	xs := []float64{3, 1, 2}
	Of(xs)
	if !slices.Equal(xs, []float64{3, 1, 2}) {
		t.Errorf("sorted in place: %v", xs)
	}
}

func TestRatiosArePerRound(t *testing.T) {
	// The machine was half as fast in the second round, for both.
	got := Ratios([]float64{10, 5, 12}, []float64{5, 2.5, 6})
	if !slices.Equal(got, []float64{2, 2, 2}) {
		t.Errorf("got %v", got)
	}
}

func TestRatiosOfUnequalLengths(t *testing.T) {
	if got := Ratios([]float64{1, 2, 3}, []float64{2}); !slices.Equal(got, []float64{0.5}) {
		t.Errorf("got %v", got)
	}
	if got := Ratios(nil, []float64{2}); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestQuantile(t *testing.T) {
	xs := []int{5, 3, 1, 4, 2}
	for q, want := range map[float64]int{0: 1, 0.2: 1, 0.21: 2, 0.5: 3, 0.99: 5, 1: 5} {
		if got := Quantile(xs, q); got != want {
			t.Errorf("%v: %d, want %d", q, got, want)
		}
	}
	if got := Quantile([]int(nil), 0.5); got != 0 {
		t.Errorf("of nothing: %d", got)
	}
}
