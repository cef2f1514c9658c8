//go:build darwin || freebsd

package relay

import "syscall"

// changed is as on Linux, where the field has another name.
func changed(st *syscall.Stat_t) int64 { return st.Ctimespec.Nano() }

// room is as on Linux. FreeBSD's count is below zero where root has used what is
// kept for it.
func room(fs *syscall.Statfs_t) uint64 { return uint64(max(0, int64(fs.Bavail))) * uint64(fs.Bsize) }

// settle is for Linux, whose clock for files is a coarse one.
func settle(int64) {}
