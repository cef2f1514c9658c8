package stats

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

func oneTo(n int) (xs []int) {
	for i := range n {
		xs = append(xs, i+1)
	}
	return xs
}

// The values are those of the table in "Percentile", Wikipedia, and of the definition.
func TestPercentileIsTheNearestRank(t *testing.T) {
	for p, want := range map[int]int{0: 15, 5: 15, 20: 15, 21: 20, 30: 20, 40: 20, 41: 35, 50: 35, 99: 50, 100: 50} {
		assert.Equal(t, want, Percentile([]int{35, 20, 15, 50, 40}, p), "p = %d", p)
	}
	assert.Equal(t, 50, Percentile(oneTo(100), 50), "the median of 1..100")
	for p := 1; p <= 100; p++ {
		assert.Equal(t, p, Percentile(oneTo(100), p))
	}
	assert.Equal(t, 2, Percentile([]int{1, 2, 3, 4}, 50), "the lower of the two in the middle")
	assert.Zero(t, Percentile([]int(nil), 50))
}

// The definition itself: p percent or more are at most the percentile, and of each
// smaller value that does not hold.
func TestPercentileIsTheInverseOfTheDistribution(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var xs []int
		for range 1 + random.IntN(30) {
			xs = append(xs, random.IntN(20))
		}
		p := random.IntN(101)
		got := Percentile(xs, p)
		assert.Contains(t, xs, got)
		atMost, below := 0, 0
		for _, x := range xs {
			if x <= got {
				atMost++
			}
			if x < got {
				below++
			}
		}
		assert.GreaterOrEqual(t, 100*atMost, p*len(xs), "%v, p = %d", xs, p)
		assert.True(t, below == 0 || 100*below < p*len(xs), "%v, p = %d: a smaller value would do", xs, p)
	}
}

func TestSpread(t *testing.T) {
	tests := []struct {
		name string
		xs   []float64
		want Spread
	}{
		{"one value", []float64{7}, Spread{7, 7, 7, 1}},
		{"an odd number: the one in the middle", []float64{9, 1, 5}, Spread{5, 1, 9, 3}},
		{"an even number: the lower of the two in the middle", []float64{4, 1, 100, 2}, Spread{2, 1, 100, 4}},
		{"equal values", []float64{2, 2, 2}, Spread{2, 2, 2, 3}},
		{"one far off moves the maximum, not the median", []float64{1, 1, 1, 1, 1000}, Spread{1, 1, 1000, 5}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { assert.Equal(t, test.want, Of(test.xs)) })
	}
	none := Of(nil)
	assert.NotEqual(t, none.Median, none.Median, "NaN is not itself")
	assert.Zero(t, none.N)
}

func TestSpreadLeavesTheOrderOfRounds(t *testing.T) {
	xs := []float64{3, 1, 2}
	Of(xs)
	assert.Equal(t, []float64{3, 1, 2}, xs)
}

func TestRatiosArePerRound(t *testing.T) {
	// The machine was half as fast in the second round, for both.
	assert.Equal(t, []float64{2, 2, 2}, Ratios([]float64{10, 5, 12}, []float64{5, 2.5, 6}))
	assert.Equal(t, []float64{0.5}, Ratios([]float64{1, 2, 3}, []float64{2}))
	assert.Empty(t, Ratios(nil, []float64{2}))
}
