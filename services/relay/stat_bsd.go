//go:build darwin || freebsd

package relay

import "syscall"

// changed is as on Linux, where the field has a different name.
func changed(st *syscall.Stat_t) int64 { return st.Ctimespec.Nano() }

// freeBytes is as on Linux. FreeBSD's count is negative if root has used some of the
// space reserved for it.
func freeBytes(fs *syscall.Statfs_t) uint64 {
	return uint64(max(0, int64(fs.Bavail))) * uint64(fs.Bsize)
}

// settle does nothing: only Linux has a coarse clock for file timestamps.
func settle(int64) {}
