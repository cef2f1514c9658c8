package lab

import (
	"fmt"
	"os"

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

// takesKeys says whether whoever reads the terminal takes each key as it is
// pressed, and not whole lines.
func takesKeys(tty *os.File) bool {
	mode, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	return err == nil && mode.Lflag&unix.ICANON == 0
}
