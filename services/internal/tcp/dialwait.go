package tcp

import (
	"context"
	"net"
	"time"

	"peerlab/services/internal/backoff"
)

// failingAfter is how long DialWait retries before it calls failing.
const failingAfter = time.Second

// A DialFunc connects to the address HOST:PORT.
type DialFunc func(ctx context.Context, addr string) (net.Conn, error)

// DialWait connects to a server that may not have started yet. It calls dial
// until an attempt succeeds, with pauses of 50 ms to 1 s. It
// calls failing once, with the latest error, if there is no connection after a
// second. After limit it returns the error of the last attempt, and when ctx is
// done context.Cause(ctx).
func DialWait(ctx context.Context, dial DialFunc, addr string, limit time.Duration, failing func(error)) (net.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	pauses := backoff.Backoff{Min: 50 * time.Millisecond, Max: time.Second}
	began, noticed := time.Now(), false
	for {
		conn, err := dial(limited, addr)
		if err == nil {
			return conn, nil
		}
		if !noticed && time.Since(began) > failingAfter {
			noticed = true
			failing(err)
		}
		if pauses.Wait(limited) != nil {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return nil, err
		}
	}
}
