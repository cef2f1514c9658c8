package lab

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A program under limits is started by a process of this same program, its jailer, which
// takes away what the other must not have, and then becomes it.

// jailTask is set in the jailer's environment to a jail, as JSON. See [StandGuard].
const jailTask = "PEERLAB_LAB_JAIL"

// jailFD is where the jailer writes why it cannot go on; nothing, and closed, if it can.
const jailFD = 3

// jail is what a program under limits may have.
type jail struct {
	Dir      string   // its current folder
	Hide     []string // folders that are empty to it; none with the project's own user
	Keep     []string // folders below those, that are not
	User     int
	Group    int
	Files    int
	FileSize int64
	Lenient  bool
}

// newJail returns the jail of a program whose folder is dir. Programs of another user do not
// see the homes of users, the project, and temporary folders, except for their own files
// and what the PATH needs.
func (l *Limits) newJail(user int, dir, root string) *jail {
	j := &jail{Dir: dir, User: user, Group: l.Group, Files: l.Files, FileSize: l.FileSize, Lenient: l.Lenient}
	if l.Group == 0 {
		return j
	}
	j.Hide = outermost([]string{"/root", "/home", "/tmp", "/var/tmp", "/dev/shm", os.TempDir(), root})
	j.Keep = append([]string{dir}, l.Keep...)
	for _, path := range filepath.SplitList(os.Getenv("PATH")) {
		if bin, err := filepath.EvalSymlinks(path); err == nil && filepath.IsAbs(bin) && forOthers(bin) {
			j.Keep = append(j.Keep, filepath.Dir(bin)) // and its libraries
		}
	}
	return j
}

// outermost returns the folders that are there and in no other of them.
func outermost(folders []string) (all []string) {
	for _, path := range folders {
		if path, err := filepath.EvalSymlinks(path); err == nil && path != "/" {
			all = append(all, path)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(slices.Clone(all), func(path string) bool {
		return slices.ContainsFunc(all, func(other string) bool { return path != other && within(path, other) })
	})
}

// within reports whether a path is a folder or in it.
func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

// forOthers reports whether any user may use what is in a folder.
func forOthers(path string) bool {
	for ; path != "/"; path = filepath.Dir(path) {
		if info, err := os.Stat(path); err != nil || info.Mode()&fs.FileMode(0o001) == 0 {
			return false
		}
	}
	return true
}

// kept returns the folders that are to be seen in spite of a hidden one above them.
func (j *jail) kept() (all []string) {
	for _, path := range j.Keep {
		path, err := filepath.EvalSymlinks(path)
		if err == nil && slices.ContainsFunc(j.Hide, func(hidden string) bool { return path != hidden && within(path, hidden) }) {
			all = append(all, path)
		}
	}
	return outermost(all)
}

// jailer returns the command of the jailer, and what is added to its environment.
func (j *jail) jailer(command []string) (words []string, variable string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", fmt.Errorf("starting a jailer: %w", err)
	}
	task, err := json.Marshal(j)
	return append([]string{self}, command...), jailTask + "=" + string(task), err
}

// standJailer becomes the program of a jail. It returns only if it cannot, with a status.
func standJailer(task string) int {
	tell := os.NewFile(jailFD, "jail")
	var j jail
	err := json.Unmarshal([]byte(task), &j)
	if err == nil {
		err = os.Unsetenv(jailTask)
	}
	if err == nil {
		err = j.become(os.Args[1:], tell)
	}
	if _, closed := fmt.Fprint(tell, err); closed != nil { // it has told that it can go on
		fmt.Fprintln(os.Stderr, "lab: jailer:", err)
	}
	return 1
}
