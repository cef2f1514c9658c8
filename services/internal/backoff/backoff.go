// Package backoff spaces out attempts that keep failing.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff gives the waits between attempts: Min, then twice as long each time
// up to Max, each shortened by a random part of up to a quarter so that many
// processes that lost the same peer do not come back in step (see M. Brooker,
// "Exponential Backoff And Jitter"). It is for one goroutine at a time.
type Backoff struct {
	Min, Max time.Duration
	wait     time.Duration // the last one before it was shortened, 0 at first
}

// Next returns how long to wait before the next attempt.
func (b *Backoff) Next() time.Duration {
	switch {
	case b.wait == 0:
		b.wait = min(b.Min, b.Max)
	case b.wait < b.Max/2:
		b.wait *= 2
	default:
		b.wait = b.Max
	}
	return b.wait - time.Duration(rand.Int64N(int64(b.wait)/4+1))
}

// Reset makes the next wait Min again. Call it after an attempt that succeeded, or
// when there is news that makes another attempt likely to succeed.
func (b *Backoff) Reset() { b.wait = 0 }

// Wait waits for the duration that Next returns. It returns early, with the context's error,
// if ctx is cancelled.
func (b *Backoff) Wait(ctx context.Context) error { return b.WaitOr(ctx, nil) }

// WaitOr is Wait, but also returns early, with nil, once it receives from news.
func (b *Backoff) WaitOr(ctx context.Context, news <-chan struct{}) error {
	t := time.NewTimer(b.Next())
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-news:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
