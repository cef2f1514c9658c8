package backoff

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// within checks that got is full, or up to a quarter less.
func within(t *testing.T, full, got time.Duration, attempt int) {
	t.Helper()
	require.LessOrEqual(t, got, full, "attempt %d", attempt)
	require.GreaterOrEqual(t, got, full-full/4, "attempt %d", attempt)
}

func TestWaitsDoubleUpToMax(t *testing.T) {
	for name, test := range map[string]struct {
		lowest, highest time.Duration
		want            []time.Duration
	}{
		"a power of two apart": {time.Second, 8 * time.Second, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second}},
		"not quite":            {50 * time.Millisecond, 300 * time.Millisecond, []time.Duration{50e6, 100e6, 200e6, 300e6, 300e6}},
		"the same":             {time.Second, time.Second, []time.Duration{time.Second, time.Second}},
		"crossed":              {2 * time.Second, time.Second, []time.Duration{time.Second, time.Second}},
		"odd":                  {1, 7, []time.Duration{1, 2, 4, 7, 7}},
	} {
		t.Run(name, func(t *testing.T) {
			for range 100 { // they are random
				b := Backoff{Min: test.lowest, Max: test.highest}
				for i, full := range test.want {
					within(t, full, b.Next(), i)
				}
			}
		})
	}
}

func TestResetBeginsAgain(t *testing.T) {
	b := Backoff{Min: time.Second, Max: time.Minute}
	for range 10 {
		b.Next()
	}
	within(t, time.Minute, b.Next(), 10)
	b.Reset()
	for i, full := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		within(t, full, b.Next(), i)
	}
}

// The jitter separates the attempts of clients that started together. It uses the
// whole range of a quarter.
func TestJitterFillsItsRange(t *testing.T) {
	const full = time.Second
	lowest, highest := full, time.Duration(0)
	b := Backoff{Min: full, Max: full}
	for range 2000 {
		wait := b.Next()
		within(t, full, wait, 0)
		lowest, highest = min(lowest, wait), max(highest, wait)
	}
	assert.Less(t, lowest, 760*time.Millisecond)
	assert.Greater(t, highest, 990*time.Millisecond)
}

func TestManyFailuresOverflowNothing(t *testing.T) {
	for _, test := range []struct{ lowest, highest time.Duration }{
		{50 * time.Millisecond, 2 * time.Second},
		{1, 24 * time.Hour}, // more than thirty doublings
		{time.Hour, math.MaxInt64},
		{math.MaxInt64, math.MaxInt64},
	} {
		b := Backoff{Min: test.lowest, Max: test.highest}
		full := test.lowest
		for i := range 10_000 {
			within(t, full, b.Next(), i)
			if full > test.highest/2 {
				full = test.highest
			} else {
				full *= 2
			}
		}
	}
}

func TestWithoutBoundsThereIsNoWait(t *testing.T) {
	var b Backoff
	for range 3 {
		assert.Zero(t, b.Next())
	}
}

func TestWaitEndsAfterThePauseOrWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := Backoff{Min: time.Second, Max: time.Minute}
		began := time.Now()
		require.NoError(t, b.Wait(t.Context()))
		within(t, time.Second, time.Since(began), 0)

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		began = time.Now()
		require.ErrorIs(t, b.Wait(ctx), context.DeadlineExceeded)
		assert.Equal(t, time.Millisecond, time.Since(began))
	})
}

func TestWaitOrEndsWithNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := Backoff{Min: time.Second, Max: time.Minute}
		news := make(chan struct{}, 1)
		news <- struct{}{}
		began := time.Now()
		require.NoError(t, b.WaitOr(t.Context(), news))
		assert.Zero(t, time.Since(began))
		require.NoError(t, b.WaitOr(t.Context(), news))
		within(t, 2*time.Second, time.Since(began), 0)
	})
}
