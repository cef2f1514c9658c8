package tcp

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errNotYet = errors.New("not listening yet")

// startsAfter returns a DialFunc that fails until d has passed.
func startsAfter(d time.Duration) DialFunc {
	began := time.Now()
	return func(context.Context, string) (net.Conn, error) {
		if time.Since(began) < d {
			return nil, errNotYet
		}
		conn, other := net.Pipe()
		other.Close()
		return conn, nil
	}
}

func TestDialWaitRetriesUntilTheServerListens(t *testing.T) {
	for name, test := range map[string]struct {
		start    time.Duration
		failures int
	}{
		"at once":               {0, 0},
		"within a second":       {600 * time.Millisecond, 0},
		"after three seconds":   {3 * time.Second, 1},
		"just before the limit": {8 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, failures := time.Now(), 0
				conn, err := DialWait(t.Context(), startsAfter(test.start), "", 10*time.Second, func(err error) {
					failures++
					assert.Equal(t, errNotYet, err)
				})
				require.NoError(t, err)
				conn.Close()
				assert.Equal(t, test.failures, failures)
				assert.LessOrEqual(t, time.Since(began), test.start+time.Second, "the longest pause")
			})
		})
	}
}

func TestDialWaitReturnsTheLastErrorAfterItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := DialWait(t.Context(), startsAfter(time.Hour), "", 10*time.Second, func(error) {})
		assert.Equal(t, errNotYet, err)
		assert.Equal(t, 10*time.Second, time.Since(began))
	})
}

func TestDialWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(cause) })
		began := time.Now()
		_, err := DialWait(ctx, startsAfter(time.Hour), "", 10*time.Second, func(error) {})
		assert.Equal(t, cause, err)
		assert.Equal(t, 5*time.Second, time.Since(began))
	})
}
