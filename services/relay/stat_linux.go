package relay

import "syscall"

// changed is when what a file is last changed, its bytes or all else, in Unix
// nanoseconds. No program can set it.
func changed(st *syscall.Stat_t) int64 { return st.Ctim.Nano() }

// room is how many more bytes a file system takes from whoever is not root.
func room(fs *syscall.Statfs_t) uint64 { return fs.Bavail * uint64(fs.Bsize) }
