package wire

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Groups returns the names of the programs that run, by their process groups.
type Groups func() map[int]string

// owner returns the name of the program that has a socket, or "" if none of the groups
// has.
func (g Groups) owner(inode uint32) string {
	if inode == 0 {
		return ""
	}
	groups := g()
	socket := "socket:[" + strconv.FormatUint(uint64(inode), 10) + "]"
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, proc := range folders {
		pid, _ := strconv.Atoi(filepath.Base(proc))
		group, err := syscall.Getpgid(pid)
		if name := groups[group]; err == nil && name != "" && has(proc, socket) {
			return name
		}
	}
	return ""
}

// has reports whether a process has a file open.
func has(proc, file string) bool {
	open, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		return false
	}
	for _, f := range open {
		if target, err := os.Readlink(filepath.Join(proc, "fd", f.Name())); err == nil && target == file {
			return true
		}
	}
	return false
}
