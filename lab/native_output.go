package lab

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// outputDelay is how long the outputs may stay open after a native program
// ended because a child of it still holds them.
const outputDelay = 2 * time.Second

// pipeSize is how many bytes a pipe holds.
const pipeSize = 64 << 10

// pipeOut is the lab's end of a pipe, or a terminal, that a native program writes to.
type pipeOut struct {
	pipe   *os.File
	to     io.Writer
	copied chan struct{} // closed when nothing more will be
}

// newPipeOut makes a pipe. The end returned is for the program, and the caller
// closes it.
func newPipeOut(to io.Writer) (o *pipeOut, end *os.File, err error) {
	o = &pipeOut{to: to, copied: make(chan struct{})}
	o.pipe, end, err = os.Pipe()
	return o, end, err
}

// copy hands over what comes until no process holds the other end, or end has
// given up those that do. A terminal's end of file is the error EIO.
func (o *pipeOut) copy() {
	defer close(o.copied)
	defer o.pipe.Close()
	if _, err := io.Copy(o.to, o.pipe); errors.Is(err, os.ErrDeadlineExceeded) {
		o.drain()
	}
}

// end has copied be closed when all is handed over that the program wrote, which
// has ended, in outputDelay at most.
func (o *pipeOut) end() { _ = o.pipe.SetReadDeadline(time.Now().Add(outputDelay)) }

// drain hands over what the pipe or terminal holds now. A read past its deadline fails even
// if there is something to read, and a busy machine may come to it so late.
func (o *pipeOut) drain() {
	_ = o.pipe.SetReadDeadline(time.Time{})
	pipe, err := o.pipe.SyscallConn()
	if err != nil {
		return
	}
	all := make([]byte, pipeSize)
	_ = pipe.Read(func(fd uintptr) bool {
		for { // a terminal hands over 4 KiB at a time
			n, err := syscall.Read(int(fd), all)
			switch {
			case n > 0:
				_, _ = o.to.Write(all[:n])
			case err != syscall.EINTR:
				return true
			}
		}
	})
}
