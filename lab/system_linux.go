package lab

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// awaitStop returns when all threads of a child process have stopped: SIGSTOP
// is sent at once, but a thread goes on until the kernel next looks at it. It
// leaves the child for others to wait for, and returns too if that ended.
func awaitStop(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			if err != nil && err != unix.ECHILD {
				return fmt.Errorf("waiting for process %d to stop: %w", pid, err)
			}
			return nil
		}
	}
}

// limitFiles sets or lifts the limit of a process on the size of its files. It
// may be another user's, as those in containers are.
func limitFiles(pid int, full bool) error {
	uid, gid, err := ownerOfProcess(pid)
	if err != nil {
		return err
	}
	done := make(chan error)
	go func() {
		// A limit is for its process's own user to set, or for one with a
		// capability that root in a container lacks. So this thread takes that
		// user's real ids, which count here; it ends with this goroutine.
		runtime.LockOSThread()
		_, _, _ = unix.RawSyscall(unix.SYS_SETRESGID, uintptr(gid), unchanged, unchanged)
		_, _, _ = unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), unchanged, unchanged)
		done <- setFileLimit(pid, full)
	}()
	return <-done
}

const unchanged = ^uintptr(0)

func setFileLimit(pid int, full bool) error {
	var limit unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &limit); err != nil {
		return fmt.Errorf("asking process %d for its limit on files: %w", pid, err)
	}
	limit.Cur = limit.Max
	if full {
		limit.Cur = 0
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		return fmt.Errorf("limiting the files of process %d: %w", pid, err)
	}
	return nil
}

func ownerOfProcess(pid int) (uid, gid uint32, err error) {
	var stat unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/%d", pid), &stat); err != nil {
		return 0, 0, fmt.Errorf("whose process %d is: %w", pid, err)
	}
	return stat.Uid, stat.Gid, nil
}

// setPlain sets a terminal to collect whole lines, end the input at Ctrl-D, and pass
// all else as it is, without echo: what a scenario types is text, not keys.
func setPlain(tty *os.File) error {
	mode, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		return err
	}
	mode.Iflag, mode.Oflag, mode.Lflag = 0, 0, unix.ICANON
	mode.Cc = [len(mode.Cc)]uint8{unix.VEOF: endOfInput} // 0 is no key
	return unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, mode)
}
