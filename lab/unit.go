package lab

import (
	"context"
	"io"
	"syscall"
	"time"
)

// unit is a place in which one program runs, life after life: a container,
// or a command with its folder.
type unit interface {
	// run starts the program. All that it writes, from the first byte on, goes
	// to stdout and stderr. To be called only while nothing runs.
	run(ctx context.Context, stdout, stderr io.Writer) (running, error)
	// remove ends what runs and leaves nothing behind but the data folder.
	remove(ctx context.Context) error
}

// running is one life of a unit. Its methods may be called from any
// goroutine; after the program's end all but wait return an error.
type running interface {
	begun() time.Time
	// pid is the program's process id, as this machine counts them.
	pid(ctx context.Context) (int, error)
	// stdin is the program's input. Writes past its deadline fail.
	stdin() input
	signal(ctx context.Context, sig syscall.Signal) error
	// kill ends the program, and what it started, with SIGKILL.
	kill(ctx context.Context) error
	pause(ctx context.Context) error
	resume(ctx context.Context) error
	// wait returns the exit status when the program has ended and both its
	// outputs are read to their end; 128+N if signal N ended it. To be called
	// once.
	wait() (status int, err error)
}

type input interface {
	io.Writer
	SetWriteDeadline(time.Time) error
	close() error
}

// order is what a unit is made for.
type order struct {
	name     string // of the process, for messages
	args     []string
	dir      string // the data folder: current folder natively, /data in a container
	terminal bool   // stdin and stdout are a terminal; natively only
	limits   *Limits
}
