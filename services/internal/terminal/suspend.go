package terminal

import (
	"errors"
	"io"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// read waits for keys. It reads only in the foreground, where the kernel does not
// stop it for that, and only when there is something to read, so that it never
// reads input that is meant for a shell.
func (s *session) read(b []byte) (int, error) {
	for {
		on, err := s.sync()
		if err != nil {
			return 0, err
		}
		if !on {
			look := time.NewTimer(lookInterval)
			select {
			case <-look.C:
			case <-s.done:
			}
			look.Stop()
			continue
		}
		if err := await(s.in, unix.POLLIN); err != nil {
			return 0, err
		}
		if on, err = s.sync(); !on || err != nil {
			continue
		}
		n, err := s.in.Read(b)
		if n > 0 || !errors.Is(err, unix.EAGAIN) {
			return n, err
		}
	}
}

// sync reports whether the terminal is this process's, after taking it if so. Its
// error means that no more keys will follow.
func (s *session) sync() (on bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.mode.isOn()
	s.syncLocked()
	if on = s.mode.isOn(); on != before {
		s.refreshLocked()
	}
	if s.closed {
		return false, io.EOF
	}
	return on, s.failed
}

// suspendLocked stops this process and its group, as Ctrl-Z does at a terminal
// that is not raw, and returns when it is continued. Like the kernel, it does so
// only at the controlling terminal, and not where no process could continue it.
func (s *session) suspendLocked() {
	group, err := unix.IoctlGetInt(s.mode.fd, unix.TIOCGPGRP)
	if err != nil || group != unix.Getpgrp() || !hasShell() {
		return
	}
	s.painter.erase()
	_ = s.flushLocked()
	s.mode.leave()
	s.stopping = true
	select {
	case <-s.continued: // an earlier time
	default:
	}
	s.mu.Unlock()
	if unix.Kill(0, syscall.SIGTSTP) == nil {
		// The kernel ignores the signal in a group without a shell. The timer also runs
		// while the process is stopped.
		patience := time.NewTimer(stopPatience)
		select {
		case <-s.continued:
		case <-patience.C:
		}
		patience.Stop()
	}
	s.mu.Lock()
	s.stopping = false
}

// hasShell reports whether a shell may continue this process after it has stopped.
// The leader of a session is without one, such as process 1 of a container, and so is
// a child of an init (docker run --init), which puts it into a group of its own.
func hasShell() bool {
	leader, err := unix.Getsid(0)
	return err == nil && leader != unix.Getpid() && unix.Getppid() > 1
}
