package wire

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
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
		name := groups[groupOf(proc)]
		if name != "" && has(proc, socket) {
			return name
		}
	}
	return ""
}

// groupOf returns the process group of a process, or 0 if it has ended.
func groupOf(proc string) int {
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return 0
	}
	i := strings.LastIndex(string(stat), ") ") // the name may hold anything, and is in parentheses
	if i < 0 {
		return 0
	}
	fields := strings.Fields(string(stat)[i+2:]) // state, parent, group
	if len(fields) < 3 {
		return 0
	}
	group, _ := strconv.Atoi(fields[2])
	return group
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
