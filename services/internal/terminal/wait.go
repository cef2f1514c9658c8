package terminal

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lookInterval is how often a process in the background looks whether it has been
// brought to the foreground: a shell that continues a running job sends no signal.
const lookInterval = 250 * time.Millisecond

// patient reads and writes a standard stream. Another process that shares the
// stream can make it non-blocking at any time: then it fails with EAGAIN, which
// is neither the end of the input nor a reason to lose output. patient waits
// instead.
type patient struct{ file *os.File }

func (p patient) Read(b []byte) (int, error) {
	for {
		n, err := p.file.Read(b)
		if n > 0 || !errors.Is(err, unix.EAGAIN) {
			return n, err
		}
		if err := await(p.file, unix.POLLIN); err != nil {
			return 0, err
		}
	}
}

func (p patient) Write(b []byte) (written int, err error) {
	for {
		n, err := p.file.Write(b[written:])
		written += n
		if !errors.Is(err, unix.EAGAIN) {
			return written, err
		}
		if err := await(p.file, unix.POLLOUT); err != nil {
			return written, err
		}
	}
}

// jobInput reads a terminal that edits lines itself. Its process may be a shell's
// job in the background, where the kernel stops a process that reads.
type jobInput struct{ file *os.File }

func (j jobInput) Read(b []byte) (int, error) {
	for {
		if !foreground(int(j.file.Fd())) {
			time.Sleep(lookInterval)
			continue
		}
		if err := await(j.file, unix.POLLIN); err != nil {
			return 0, err
		}
		if !foreground(int(j.file.Fd())) {
			continue
		}
		if n, err := j.file.Read(b); n > 0 || !errors.Is(err, unix.EAGAIN) {
			return n, err
		}
	}
}

// await waits until a file can be read or written, or has failed.
func await(file *os.File, events int16) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		failed = unix.EINTR
		for errors.Is(failed, unix.EINTR) {
			_, failed = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, -1)
		}
	})
	return errors.Join(err, failed)
}
