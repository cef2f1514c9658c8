package wire

import (
	"os"
	"path/filepath"
	"strconv"
)

// Programs returns the name of the program that a process belongs to, or "" if it
// belongs to none.
type Programs func(pid int) string

// owner returns the name of the program that has a socket, or "" if none has. proc is the
// folder where the processes of the machine are, /proc or the like.
func (p Programs) owner(proc string, inode uint32) string {
	if inode == 0 {
		return ""
	}
	socket := "socket:[" + strconv.FormatUint(uint64(inode), 10) + "]"
	folders, _ := filepath.Glob(filepath.Join(proc, "[0-9]*")) // the pattern is well-formed
	for _, process := range folders {
		pid, _ := strconv.Atoi(filepath.Base(process))
		if name := p(pid); name != "" && has(process, socket) {
			return name
		}
	}
	return ""
}

// has reports whether a process has a file open.
func has(process, file string) bool {
	open, err := os.ReadDir(filepath.Join(process, "fd"))
	if err != nil {
		return false
	}
	for _, f := range open {
		if target, err := os.Readlink(filepath.Join(process, "fd", f.Name())); err == nil && target == file {
			return true
		}
	}
	return false
}
