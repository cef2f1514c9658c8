package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"peerlab/lab/event"
)

// Life is one life of a process. Its methods may be called by any goroutine.
type Life struct {
	process *Process
	number  int
	outputs [2]*Output
	running running // set before began is closed
	began   chan struct{}
	tooMuch atomic.Bool // it has printed more than it may, and is killed

	ended  chan struct{} // closed at the end, when what is below is set
	at     time.Time
	status int
	err    error
}

// Stream is an output of a process.
type Stream int

const (
	Stdout Stream = iota // the screen
	Stderr
)

func (s Stream) String() string { return [...]string{"screen", "stderr"}[s] }

// Number is the number of the life, from 1.
func (e *Life) Number() int { return e.number }

// Output is what the program writes.
func (e *Life) Output(s Stream) *Output { return e.outputs[s] }

// Began is when the process began: natively just before it was made, in a container
// when the engine had started it.
func (e *Life) Began() time.Time { return e.running.begun() }

// Ended returns a channel that is closed when the process has ended and its outputs are
// complete.
func (e *Life) Ended() <-chan struct{} { return e.ended }

// Running reports whether the life has not ended.
func (e *Life) Running() bool {
	select {
	case <-e.ended:
		return false
	default:
		return true
	}
}

// Result returns when a life ended, and with what status: 128+N if signal N ended it. The
// error is that the status could not be learned. To be called after the end.
func (e *Life) Result() (at time.Time, status int, err error) { return e.at, e.status, e.err }

// wait waits for the end.
func (e *Life) wait() {
	e.status, e.err = e.running.wait()
	e.at = time.Now()
	for _, r := range e.outputs {
		r.end()
	}
	e.happened(event.Exited, e.Outcome())
	close(e.ended)
	e.process.lab.wakeAtExit()
}

// signalBase is what a status exceeds the number of the signal by that ended
// the process, as a shell counts.
const signalBase = 128

// ExitText says how a process exited, for messages.
func ExitText(status int) string {
	if name := unix.SignalName(syscall.Signal(status - signalBase)); status > signalBase && name != "" {
		return fmt.Sprintf("was ended by %s (status %d)", name, status)
	}
	return fmt.Sprintf("exited with status %d", status)
}

// Outcome says what became of a life that has ended.
func (e *Life) Outcome() string {
	if e.err != nil {
		return fmt.Sprintf("ended, and its status is unknown (%v)", e.err)
	}
	if e.tooMuch.Load() && e.status == signalBase+int(syscall.SIGKILL) {
		return fmt.Sprintf("was killed for printing more than %d bytes (status %d)", e.process.lab.limits.Output, e.status)
	}
	return ExitText(e.status)
}

// printsTooMuch ends a life that has printed more than it may.
func (e *Life) printsTooMuch() {
	<-e.began
	ctx, cancel := context.WithTimeout(context.Background(), removeTimeout)
	defer cancel()
	e.tooMuch.Store(true)
	e.did(fmt.Sprintf("kill -9: it printed more than %d bytes", e.process.lab.limits.Output))
	_ = e.running.kill(ctx) // it may have ended by itself
}

// PID is the process id of the program, as this machine counts them.
func (e *Life) PID(ctx context.Context) (int, error) { return e.running.pid(ctx) }

// Signal sends a signal to the process and does not wait for its effect.
func (e *Life) Signal(ctx context.Context, sig syscall.Signal) error {
	e.did(fmt.Sprintf("signal %v", sig))
	return e.running.signal(ctx, sig)
}

// Kill ends the process, and what it started, with SIGKILL, and does not wait for that.
func (e *Life) Kill(ctx context.Context) error {
	e.did("kill -9")
	return e.running.kill(ctx)
}

// Pause stops the process where it is, as SIGSTOP does, until Resume.
func (e *Life) Pause(ctx context.Context) error {
	e.did("pause")
	return e.running.pause(ctx)
}

// Resume continues a process that was paused.
func (e *Life) Resume(ctx context.Context) error {
	e.did("resume")
	return e.running.resume(ctx)
}

// FillDisk makes every write of the process to a file fail, as on a full disk, or no longer.
// It works by the process's limit on the size of files, so pipes and sockets go on, the
// error that the program gets is EFBIG instead of ENOSPC, and other processes are left
// alone.
func (e *Life) FillDisk(ctx context.Context, full bool) error {
	e.did(map[bool]string{true: "disk full", false: "disk free"}[full])
	pid, err := e.running.pid(ctx)
	if err != nil {
		return fmt.Errorf("finding its process: %w", err)
	}
	return limitFiles(pid, full)
}

func (e *Life) did(what string) { e.process.lab.Note(e.process.Name(), what) }

// typedAtOnce is how many bytes a program must read within the limit of Type: what a pipe
// holds, so that a slow reader is not mistaken for one that does not read.
const typedAtOnce = 64 << 10

// Type writes to the program's standard input. The error is os.ErrDeadlineExceeded if the
// program takes nothing for so long, and [ErrTerminalLine] for a line that is too long for
// its terminal.
func (e *Life) Type(b []byte, limit time.Duration) error {
	for line := range strings.Lines(string(b)) {
		e.happened(event.Typed, strings.TrimSuffix(line, "\n"))
	}
	in := e.running.stdin()
	for part := range slices.Chunk(b, typedAtOnce) {
		if err := in.SetWriteDeadline(time.Now().Add(limit)); err != nil {
			return err
		}
		if _, err := in.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// CloseInput ends the program's standard input, at a terminal by Ctrl-D.
func (e *Life) CloseInput() error {
	e.did("end of input")
	return e.running.stdin().close()
}
