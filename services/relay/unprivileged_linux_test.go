package relay

import (
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// ordinary drops root's right to read every file for the rest of the test. It affects
// only the files that the test's own goroutine opens.
func ordinary(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	const unprivileged = 65534
	runtime.LockOSThread() // without an unlock: the thread exits with the goroutine
	_, err := unix.SetfsuidRetUid(unprivileged)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = unix.SetfsuidRetUid(0) })
}
