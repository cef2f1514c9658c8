package relay

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// coarse returns the time with which a file system of coarse time stamps marks a
// change now.
func coarse(t *testing.T) int64 {
	t.Helper()
	var now unix.Timespec
	require.NoError(t, unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &now))
	return now.Nano()
}

func TestSettleWaitsForTheClockOfFiles(t *testing.T) {
	for range 20 {
		now := coarse(t)
		settle(now)
		require.Greater(t, coarse(t), now, "a further change must have a later time stamp")
	}
}

func TestSettleDoesNotWaitForTheFuture(t *testing.T) {
	require.NoError(t, atOnce(t, func() error {
		settle(time.Now().Add(time.Hour).UnixNano())
		return nil
	}))
}
