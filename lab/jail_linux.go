package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Sizes of folders of files in memory.
const (
	sharedSize = "size=64m,nr_inodes=10k"   // of what all programs may write to, as /tmp
	dataSize   = "size=128m,nr_inodes=10k"  // of a data folder
	buildSize  = "size=512m,nr_inodes=100k" // of a submission and what its build makes
)

// become makes the jail around this process, stops until it is in its control groups, and
// becomes the program.
func (j *jail) become(command []string, tell *os.File) error {
	runtime.LockOSThread() // a namespace is a thread's
	if len(j.Hide) > 0 {
		if err := j.hide(); err != nil && !j.Lenient {
			return fmt.Errorf("hiding files from it: %w", err)
		}
	}
	for resource, most := range map[int]uint64{unix.RLIMIT_NOFILE: uint64(j.Files), unix.RLIMIT_FSIZE: uint64(j.FileSize)} {
		if most == 0 {
			continue
		}
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limiting its files: %w", err)
		}
	}
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	if j.Group != 0 {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("taking rights from it: %w", err)
		}
		if err := syscall.Setgroups(nil); err != nil {
			return fmt.Errorf("its groups: %w", err)
		}
		if err := syscall.Setgid(j.Group); err != nil {
			return fmt.Errorf("its group: %w", err)
		}
		if err := syscall.Setuid(j.User); err != nil {
			return fmt.Errorf("its user: %w", err)
		}
	}
	if err := os.Chdir(j.Dir); err != nil {
		return fmt.Errorf("its folder: %w", err)
	}
	_ = tell.Close()
	// To this thread, which then cannot go on before all have stopped.
	if err := unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSTOP); err != nil {
		return err
	}
	// The shell looks for the program as this user, and starts scripts without a first line.
	return syscall.Exec("/bin/sh", append([]string{"sh", "-c", `exec "$@"`, "sh"}, command...), os.Environ())
}

// hide mounts empty folders over the hidden ones, for this process and those it starts, and
// what is kept over these.
func (j *jail) hide() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	kept := j.kept()
	open := make([]int, len(kept))
	for i, path := range kept {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		open[i] = fd
	}
	for _, path := range j.Hide {
		options := "mode=755,size=1m"
		if path == "/tmp" || path == "/var/tmp" || path == "/dev/shm" {
			options = "mode=1777," + sharedSize
		}
		if err := unix.Mount("tmpfs", path, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	for i, path := range kept {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", open[i]), path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// bound bounds what a folder can hold, by a file system of its own in memory.
func bound(dir, size string, mode os.FileMode) error {
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("mode=%o,%s", mode, size)); err != nil {
		return fmt.Errorf("bounding the files in %s: %w", dir, err)
	}
	return nil
}

// mountPath undoes what the kernel does to a path in a list of mounts.
var mountPath = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\043`, "#", `\134`, `\`)

// unbind undoes bound for a folder and all in it.
func unbind(dir string) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return // it is gone
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return // then there are none
	}
	for line := range strings.Lines(string(mounts)) {
		if words := strings.Fields(line); len(words) > 1 && within(mountPath.Replace(words[1]), dir) {
			_ = unix.Unmount(mountPath.Replace(words[1]), unix.MNT_DETACH)
		}
	}
}
