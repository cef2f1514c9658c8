package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// outputDelay is how long the outputs may stay open after a native program
// ended because a child of it still holds them.
const outputDelay = 2 * time.Second

// nativeUnit runs a command as a process of this machine.
type nativeUnit struct {
	command []string
	order   order
	guard   *guard

	mu  sync.Mutex
	now *nativeRun
}

func newNativeUnit(command []string, o order, g *guard) *nativeUnit {
	return &nativeUnit{command: command, order: o, guard: g}
}

func (u *nativeUnit) run(_ context.Context, stdout, stderr io.Writer) (running, error) {
	// A pipe of our own, since only a file's writes can have a deadline.
	in, out, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", u.order.name, err)
	}
	args := append(u.command[1:len(u.command):len(u.command)], u.order.args...)
	cmd := exec.Command(u.command[0], args...)
	cmd.Dir = u.order.dir
	// Race-enabled programs sleep a second at their end unless told not to.
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, stdout, stderr
	cmd.WaitDelay = outputDelay
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	begun := time.Now()
	err = cmd.Start()
	_ = in.Close()
	if err != nil {
		_ = out.Close()
		return nil, fmt.Errorf("starting %s: %w", u.order.name, err)
	}
	u.guard.group(cmd.Process.Pid)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.now = &nativeRun{cmd: cmd, in: out, at: begun}
	return u.now, nil
}

func (u *nativeUnit) remove(context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.now == nil {
		return nil
	}
	pgid := u.now.cmd.Process.Pid
	err := killGroup(pgid) // children outlive their parent
	u.guard.groupGone(pgid)
	u.now = nil
	return err
}

// killGroup kills all of a process group; that nothing is left of it is no error.
func killGroup(pgid int) error {
	if err := syscall.Kill(-pgid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("killing process group %d: %w", pgid, err)
	}
	return nil
}

// nativeRun is one process. Its group has the same number as itself.
type nativeRun struct {
	cmd *exec.Cmd
	in  *os.File
	at  time.Time
}

func (r *nativeRun) begun() time.Time { return r.at }
func (r *nativeRun) stdin() input     { return nativeInput{r.in} }

func (r *nativeRun) pid(context.Context) (int, error) { return r.cmd.Process.Pid, nil }

func (r *nativeRun) signal(_ context.Context, sig syscall.Signal) error {
	return r.cmd.Process.Signal(sig)
}

func (r *nativeRun) kill(context.Context) error { return killGroup(r.cmd.Process.Pid) }

func (r *nativeRun) pause(context.Context) error {
	if err := syscall.Kill(-r.cmd.Process.Pid, syscall.SIGSTOP); err != nil {
		return err
	}
	return awaitStop(r.cmd.Process.Pid)
}

func (r *nativeRun) resume(context.Context) error {
	return syscall.Kill(-r.cmd.Process.Pid, syscall.SIGCONT)
}

func (r *nativeRun) wait() (int, error) {
	err := r.cmd.Wait()
	_ = r.in.Close()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return 0, err
	}
	state := r.cmd.ProcessState
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return state.ExitCode(), nil
}

type nativeInput struct{ *os.File }

func (i nativeInput) close() error { return i.Close() }
