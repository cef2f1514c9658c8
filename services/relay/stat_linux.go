package relay

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// changed is when what a file is last changed, its bytes or all else, in Unix
// nanoseconds. No program can set it.
func changed(st *syscall.Stat_t) int64 { return st.Ctim.Nano() }

// room is how many more bytes a file system takes from whoever is not root.
func room(fs *syscall.Statfs_t) uint64 { return fs.Bavail * uint64(fs.Bsize) }

// The clock that stamps files goes on in ticks: every 10 ms at the slowest, and on
// most file systems since Linux 6.13 as finely as it is looked at.
const (
	tick     = time.Millisecond
	maxTicks = 20
)

// settle returns when a file that changed at that time could not change again
// without its showing: the clock that stamps files has gone on. It is a matter of
// milliseconds, and only for a file that has just changed. A stamp from the future,
// of a clock that was set back or another machine's, is not waited for.
func settle(changed int64) {
	for range maxTicks {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &now); err != nil || now.Nano() > changed {
			return
		}
		wait := unix.NsecToTimespec(int64(tick))
		_ = unix.Nanosleep(&wait, nil) // sooner than that is as good
	}
}
