package rounds

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/bench/internal/stats"
)

// order is a row whose sides note their turns, each of which is a second long.
func order(notes *[]string, names ...string) Row {
	row := Row{Short: "order", Rounds: 3, Time: time.Hour}
	for _, name := range names {
		row.Sides = append(row.Sides, Side{name, func(context.Context) (Sample, error) {
			*notes = append(*notes, name)
			second := time.NewTimer(time.Second)
			<-second.C
			return Sample{Value: float64(len(*notes))}, nil
		}})
	}
	return row
}

func still() (all, own float64, err error) { return 0, 0, nil }

// play plays a row in fake time.
func play(t *testing.T, p Player, row Row) (r Result, err error) {
	synctest.Test(t, func(t *testing.T) {
		p.Log, p.Cores = func(string) {}, 2
		if p.Clock == nil {
			p.Clock = still
		}
		r, err = p.Play(t.Context(), row)
	})
	return r, err
}

func TestRoundsAreInterleavedAndBeginWithAnother(t *testing.T) {
	var notes []string
	r, err := play(t, Player{}, order(&notes, "a", "b", "c"))
	require.NoError(t, err)
	assert.Equal(t, "abcbcacab", strings.Join(notes, ""))
	for _, side := range []string{"a", "b", "c"} {
		assert.Len(t, r.Samples[side], 3)
	}
}

func TestRoundsEndWhenTimeIsUp(t *testing.T) {
	for limit, rounds := range map[time.Duration]int{0: minRounds, 7 * time.Second: 4, time.Hour: 100} {
		var notes []string
		row := order(&notes, "a", "b")
		row.Rounds, row.Time = 100, limit
		r, err := play(t, Player{}, row)
		require.NoError(t, err)
		assert.Len(t, r.Samples["b"], rounds, "in %v", limit)
	}
}

func TestRoundsAreBounded(t *testing.T) {
	var notes []string
	r, err := play(t, Player{Most: 1}, order(&notes, "a", "b"))
	require.NoError(t, err)
	assert.Len(t, r.Others, 1)
	assert.Len(t, notes, 2)
}

func TestASideThatIsAbsentHasNoFurtherTurn(t *testing.T) {
	var notes []string
	row, asked := order(&notes, "a", "b"), 0
	row.Sides[1].Turn = func(context.Context) (Sample, error) {
		asked++
		return Sample{}, errors.Join(errors.New("start"), Absent("nginx is not installed"))
	}
	row.Targets = []Target{{Side: "a", Peer: "b", AtLeast: 1}}
	r, err := play(t, Player{}, row)
	require.NoError(t, err)
	assert.Equal(t, 1, asked)
	assert.Equal(t, Absent("nginx is not installed"), r.Absent["b"])
	assert.Equal(t, 3, r.Values("a").N)
	assert.Zero(t, r.Values("b").N)
	assert.Zero(t, r.Judge(row.Targets[0]).N)
}

func TestASideThatBecomesAbsentIsAnError(t *testing.T) {
	turns := 0
	_, err := play(t, Player{}, Row{Short: "wire", Rounds: 2, Sides: []Side{{"a", func(context.Context) (Sample, error) {
		if turns++; turns == 2 {
			return Sample{}, Absent("no rights")
		}
		return Sample{}, nil
	}}}})
	assert.ErrorContains(t, err, "wire, a: no rights")
}

func TestPlayEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	row := Row{Rounds: 2, Sides: []Side{{"a", func(context.Context) (Sample, error) { cancel(); return Sample{}, nil }}}}
	p := Player{Clock: still}
	_, err := p.Play(ctx, row)
	assert.ErrorIs(t, err, context.Canceled)
}

// result has one side with the values 1, 2, …, whose p99 is ten times that and whose
// processor time is constant, and a peer with half of the value.
func result(others ...float64) Result {
	r := Result{Samples: make(map[string][]Sample), Others: others}
	for i := range others {
		x := float64(i + 1)
		r.Samples["a"] = append(r.Samples["a"], Sample{Value: x, P99: 10 * x, CPU: 3})
		r.Samples["b"] = append(r.Samples["b"], Sample{Value: x / 2, P99: 10 * x, CPU: 1})
	}
	return r
}

func TestRoundsThatOthersDisturbedDoNotCount(t *testing.T) {
	assert.Equal(t, stats.Spread{Median: 3, Min: 1, Max: 5, N: 3}, result(0.1, 0.9, 0, 0.5, 0.19).Values("a"))
	assert.Equal(t, 5, result(0.3, 0.9, 0, 0.5, 0.19).Values("a").N, "two quiet rounds are too few")
}

func TestTargetsAreJudgedRoundByRound(t *testing.T) {
	r := result(0, 0, 0)
	for target, want := range map[Target]stats.Spread{
		{Side: "a", Peer: "b"}:          {Median: 2, Min: 2, Max: 2, N: 3},
		{Side: "b", Peer: "a", Of: P99}: {Median: 1, Min: 1, Max: 1, N: 3},
		{Side: "a", Peer: "b", Of: CPU}: {Median: 3, Min: 3, Max: 3, N: 3},
		{Side: "a"}:                     {Median: 2, Min: 1, Max: 3, N: 3},
		{Side: "a", Of: P99}:            {Median: 20, Min: 10, Max: 30, N: 3},
	} {
		assert.Equal(t, want, r.Judge(target), "%+v", target)
	}
	assert.Equal(t, 3.0, r.Median("a", func(s Sample) float64 { return s.CPU }))
	assert.True(t, math.IsNaN(r.Median("c", func(s Sample) float64 { return s.CPU })))
}

func TestTheShareOfOthers(t *testing.T) {
	// A round of one turn is a second long, so both cores together have two.
	for name, test := range map[string]struct{ all, own, want float64 }{
		"an idle machine":     {0, 0, 0},
		"nothing but its own": {1.5, 1.5, 0},
		"half of the machine": {1.5, 0.5, 0.5},
		"clocks that differ":  {1, 1.1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var notes []string
			row, asked := order(&notes, "a"), 0.0
			row.Rounds = 1
			r, err := play(t, Player{Clock: func() (all, own float64, err error) {
				asked++
				return 100 + asked*test.all, 50 + asked*test.own, nil
			}}, row)
			require.NoError(t, err)
			assert.InDelta(t, test.want, r.Others[0], 1e-9)
		})
	}
}
