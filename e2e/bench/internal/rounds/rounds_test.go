package rounds

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// order is a contest whose sides note when they are asked.
func order(notes *[]string, names ...string) Contest {
	c := Contest{Short: "order", Rounds: 3, AtLeast: 1, Time: time.Hour, Rate: Unit{Name: "/s", Scale: 1}, Cost: Unit{Name: "s", Scale: 1}}
	for _, name := range names {
		c.Sides = append(c.Sides, Side{Name: name, Run: func(context.Context, int) (Sample, error) {
			*notes = append(*notes, name)
			return Sample{Amount: 10, Seconds: 2, ServerCPU: 1, ClientCPU: 3}, nil
		}})
	}
	return c
}

func play(t *testing.T, c Contest) (Result, error) {
	p := Player{Say: func(string) {}, Cores: 2}
	return p.Play(t.Context(), c)
}

func TestRoundsAreInterleavedAndBeginWithAnother(t *testing.T) {
	var notes []string
	r, err := play(t, order(&notes, "a", "b", "c"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(notes, ""); got != "abcbcacab" {
		t.Errorf("the order was %s", got)
	}
	for _, side := range []string{"a", "b", "c"} {
		if n := len(r.Samples[side]); n != 3 {
			t.Errorf("%s has %d samples", side, n)
		}
	}
}

func TestAWarmRoundIsNotCounted(t *testing.T) {
	var notes []string
	c := order(&notes, "a", "b")
	c.Warm = true
	r, err := play(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(notes) != 8 || len(r.Samples["a"]) != 3 {
		t.Errorf("%d turns, %d samples", len(notes), len(r.Samples["a"]))
	}
}

func TestRoundsEndWhenTimeIsUp(t *testing.T) {
	var notes []string
	c := order(&notes, "a", "b")
	c.Rounds, c.AtLeast, c.Time = 100, 2, 0
	r, err := play(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(r.Samples["b"]); got != 2 {
		t.Errorf("%d rounds, want the 2 that are due in any case", got)
	}
}

func TestWhoIsAbsentIsNotAsked(t *testing.T) {
	var notes []string
	c := order(&notes, "a", "b")
	c.Sides[1].Absent = "not installed"
	r, err := play(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(notes, "b") || len(r.Samples["b"]) != 0 || len(r.Rates("b")) != 0 {
		t.Errorf("b took part: %v", notes)
	}
}

func TestRatesAndCosts(t *testing.T) {
	var notes []string
	c := order(&notes, "a")
	c.Rate, c.Cost, c.Rounds = Unit{Name: "k/s", Scale: 1000}, Unit{Name: "CPU s/100", Scale: 100}, 1
	r, err := play(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Rates("a"); !slices.Equal(got, []float64{0.005}) {
		t.Errorf("rates %v", got)
	}
	if s, c := r.ServerCosts("a"), r.ClientCosts("a"); !slices.Equal(s, []float64{10}) || !slices.Equal(c, []float64{30}) {
		t.Errorf("costs %v, %v", s, c)
	}
}

func TestAnErrorNamesTheSide(t *testing.T) {
	broken := errors.New("no route")
	c := Contest{Short: "big", Rounds: 1, AtLeast: 1, Sides: []Side{{
		Name: "nginx", Run: func(context.Context, int) (Sample, error) { return Sample{}, broken },
	}}}
	_, err := play(t, c)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "big, nginx") {
		t.Errorf("got %v", err)
	}
}

func TestRoundsThatOthersDisturbedDoNotCount(t *testing.T) {
	sample := func(amount float64) Sample { return Sample{Amount: amount, Seconds: 1} }
	r := Result{
		Contest: Contest{Rate: Unit{Name: "/s", Scale: 1}},
		Samples: map[string][]Sample{"a": {sample(1), sample(2), sample(3), sample(4), sample(5)}},
		Others:  []float64{0.1, 0.9, 0, 0.5, 0.19},
	}
	if got := r.Rates("a"); !slices.Equal(got, []float64{1, 3, 5}) {
		t.Errorf("counted were %v", got)
	}
	r.Others[0] = 0.3 // two quiet rounds are too few
	if got := r.Rates("a"); len(got) != 5 {
		t.Errorf("counted were %v", got)
	}
	if got := r.Rates("b"); got != nil {
		t.Errorf("b took no part and has %v", got)
	}
}

func TestTheShareOfOthers(t *testing.T) {
	// All three samples of a round have 4 s of processor time themselves.
	busy := []float64{100, 100 + 12 + 1e9}
	p := Player{Say: func(string) {}, Cores: 2, Busy: func() (float64, error) {
		now := busy[0]
		busy = busy[1:]
		return now, nil
	}}
	var notes []string
	c := order(&notes, "a", "b", "c")
	c.Rounds = 1
	r, err := p.Play(t.Context(), c)
	if err != nil || len(r.Others) != 1 || r.Others[0] < 1 {
		t.Errorf("a billion seconds of others: %v, %v", r.Others, err)
	}
	busy = []float64{100, 112}
	if r, err = p.Play(t.Context(), c); err != nil || r.Others[0] != 0 {
		t.Errorf("nothing but the sides' own: %v, %v", r.Others, err)
	}
}

func TestPatienceWaitsForAQuietSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seconds, asked := 0.0, 0
		p := Player{Cores: 2, Busy: func() (float64, error) {
			if asked++; asked < 10 {
				seconds += 2 // all of both cores, between any two times of asking
			}
			return seconds, nil
		}}
		if took, err := p.calm(t.Context(), time.Minute); err != nil || took < 4*time.Second || took > 6*time.Second {
			t.Errorf("waited %v, %v", took, err)
		}
		p.Busy = func() (float64, error) { seconds += 2; return seconds, nil }
		if took, err := p.calm(t.Context(), time.Minute); err != nil || took != time.Minute {
			t.Errorf("never quiet: waited %v, %v", took, err)
		}
	})
}

func TestPatienceHasDisturbedRoundsPlayedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seconds, rounds := 0.0, 0
		p := Player{Cores: 2, Patience: time.Minute, Busy: func() (float64, error) { return seconds, nil }}
		c := Contest{Rounds: 3, Time: time.Hour, Rate: Unit{Name: "/s", Scale: 1}, Sides: []Side{{Name: "a", Run: func(ctx context.Context, round int) (Sample, error) {
			if round != rounds {
				t.Errorf("round %d after %d others", round, rounds)
			}
			if rounds++; rounds%2 == 0 {
				seconds += 2 // somebody else's
			}
			work := time.NewTimer(time.Second)
			<-work.C
			return Sample{Amount: float64(round), Seconds: 1}, nil
		}}}}
		r, err := p.Play(t.Context(), c)
		if got := r.Rates("a"); err != nil || !slices.Equal(got, []float64{0, 2, 4}) {
			t.Errorf("counted were %v of %v, %v", got, r.Others, err)
		}
		c.Once, rounds = true, 0
		r, err = p.Play(t.Context(), c)
		if err != nil || len(r.Others) != 3 {
			t.Errorf("once: %v, %v", r.Others, err)
		}
	})
}

func TestValuesOfEveryQuantity(t *testing.T) {
	r := Result{Contest: Contest{Rate: Unit{Scale: 1}}, Samples: map[string][]Sample{"a": {{Amount: 100, Seconds: 2, ServerCPU: 4, Latency: Latency{0.1, 0.2, 0.3}}}}, Others: []float64{0}}
	for of, want := range map[Quantity]float64{Rate: 50, PerCPU: 25, CPU: 0.04, P50: 0.1, P99: 0.2} {
		if got := r.Values("a", of); len(got) != 1 || got[0] != want {
			t.Errorf("%q: %v, want %v", of, got, want)
		}
	}
	r.Rate = Unit{Scale: 1e-3, Time: true}
	if got := r.Values("a", Rate); len(got) != 1 || got[0] != 20 || r.Rates("a")[0] != 20 {
		t.Errorf("2 s for 100 are %v ms each", got)
	}
	if _, ok := r.Latencies("b"); ok {
		t.Error("who took no part has latencies")
	}
}
