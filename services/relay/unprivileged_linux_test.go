package relay

import (
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// ordinary runs the rest of the test without root's right to read every file. It
// holds for what the goroutine of the test opens itself.
func ordinary(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	const unprivileged = 65534
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	_, err := unix.SetfsuidRetUid(unprivileged)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = unix.SetfsuidRetUid(0) })
}
