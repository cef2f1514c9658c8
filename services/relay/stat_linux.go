package relay

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// changed returns the time of the last change to a file's content or metadata, in
// Unix nanoseconds. Programs cannot set it.
func changed(st *syscall.Stat_t) int64 { return st.Ctim.Nano() }

// freeBytes returns the number of free bytes that are available without root.
func freeBytes(fs *syscall.Statfs_t) uint64 { return fs.Bavail * uint64(fs.Bsize) }

// The clock for file timestamps advances in ticks of at most 10 ms. Since Linux 6.13
// most file systems stamp a file more finely if its timestamp has been read.
const (
	tick     = time.Millisecond
	maxTicks = 20
)

// settle waits until the clock for file timestamps has advanced past changed, so that
// any later change gets a different timestamp. It waits some milliseconds for a file
// that has just changed, and not at all for any other. For a timestamp in the future,
// after a clock was set back or on a file from another machine, it gives up after
// maxTicks.
func settle(changed int64) {
	for range maxTicks {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &now); err != nil || now.Nano() > changed {
			return
		}
		wait := unix.NsecToTimespec(int64(tick))
		_ = unix.Nanosleep(&wait, nil) // an early return only shortens the tick
	}
}
