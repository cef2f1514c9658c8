package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// nativeUnit runs a command as a process of this machine.
type nativeUnit struct {
	command []string
	order   order
	guard   *guard
	root    string                                 // where the files in the command were looked for
	limit   func() (*limited, error)               // makes the limits of a life; nil: there are none
	begins  func(name string, cmd *exec.Cmd) error // starts each process group

	mu  sync.Mutex
	now *nativeRun
}

func newNativeUnit(command []string, o order, l *Lab) *nativeUnit {
	u := &nativeUnit{command: command, order: o, guard: l.bench.guard, root: l.bench.config.Root, begins: l.begins}
	if o.limits != nil {
		u.limit = func() (*limited, error) {
			user := l.bench.nextUser()
			return newLimited(o.limits, fmt.Sprintf("%s-%d", l.bench.id, user), user, u.guard)
		}
	}
	return u
}

func (u *nativeUnit) run(ctx context.Context, stdout, stderr io.Writer) (running, error) {
	if err := u.remove(ctx); err != nil { // children of the life before
		return nil, err
	}
	r := &nativeRun{}
	if u.limit != nil {
		var err error
		if r.limited, err = u.limit(); err != nil {
			return nil, err
		}
	}
	if err := u.start(r, stdout, stderr); err != nil {
		if r.limited != nil {
			err = errors.Join(err, r.limited.remove(u.guard))
		}
		if failed := (*jailError)(nil); errors.As(err, &failed) {
			return nil, fmt.Errorf("%s: %w", u.order.name, err)
		}
		return nil, &StartError{fmt.Sprintf("cannot start %s: %v%s", u.order.name, err, startRemedy(err, u.command[0], u.root)), err}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.now = r
	return r, nil
}

// StartError is the error of a command that cannot be started. Other errors of a start are
// the bench's own.
type StartError struct {
	text string
	err  error
}

func (e *StartError) Error() string { return e.text }
func (e *StartError) Unwrap() error { return e.err }

// startRemedy says what to do about a command that cannot be started.
func startRemedy(err error, command, root string) string {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return ": install it, or give the path of its file"
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf(": is the path right (it is relative to %s), and is the interpreter there that its first line names?", root)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf(": make it executable ('chmod +x %s'), or name its interpreter, as in 'cmd:python3 %s'", command, command)
	case errors.Is(err, syscall.ENOEXEC):
		return ": a script begins with a line like '#!/usr/bin/env python3', or is started by its interpreter, as in 'cmd:python3 my_server.py'"
	}
	return ""
}

func (u *nativeUnit) start(r *nativeRun, stdout, stderr io.Writer) error {
	words := append(u.command[:len(u.command):len(u.command)], u.order.args...)
	// Race-enabled programs sleep a second at their end unless told not to.
	env := append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	if r.limited != nil {
		if _, err := exec.LookPath(words[0]); err != nil {
			return err // the shell would say so, and not what to do
		}
		env = environment(u.order.dir)
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Env = u.order.dir, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.cmd = cmd
	ends, err := r.connect(u.order.terminal, stdout, stderr)
	for _, end := range ends {
		defer end.Close()
	}
	if err != nil {
		r.discard()
		return err
	}
	admit := func() error { return nil }
	if r.limited != nil {
		if admit, err = r.limited.imprison(cmd, u.order.dir, u.root); err != nil {
			r.discard()
			return err
		}
	}
	r.at = time.Now()
	if err := u.begins(u.order.name, cmd); err != nil {
		r.discard()
		return errors.Join(err, admit())
	}
	r.group = newGroup(cmd.Process.Pid, u.guard)
	for _, o := range r.outputs {
		go o.copy()
	}
	if err := admit(); err != nil {
		err = errors.Join(err, r.group.Kill())
		_, _ = r.wait()
		return err
	}
	return nil
}

func (u *nativeUnit) remove(context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.now == nil {
		return nil
	}
	err := u.now.group.Kill() // children outlive their parent
	u.now.group.Forget()
	if u.now.limited != nil {
		err = errors.Join(err, u.now.limited.remove(u.guard))
	}
	u.now = nil
	return err
}

// nativeRun is one process.
type nativeRun struct {
	cmd     *exec.Cmd
	in      nativeIn
	outputs [2]*pipeOut
	group   *Group
	limited *limited // nil: without limits
	at      time.Time
}

func (r *nativeRun) begun() time.Time { return r.at }
func (r *nativeRun) stdin() input     { return r.in }

func (r *nativeRun) pid(context.Context) (int, error) { return r.cmd.Process.Pid, nil }

func (r *nativeRun) signal(_ context.Context, sig syscall.Signal) error {
	return r.cmd.Process.Signal(sig)
}

func (r *nativeRun) kill(context.Context) error { return r.group.Kill() }

func (r *nativeRun) pause(context.Context) error {
	if err := r.group.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	return awaitStop(r.cmd.Process.Pid)
}

func (r *nativeRun) resume(context.Context) error { return r.group.signal(syscall.SIGCONT) }

func (r *nativeRun) wait() (int, error) {
	err := r.cmd.Wait()
	r.group.Ended()
	r.in.release()
	for _, o := range r.outputs {
		o.end()
	}
	for _, o := range r.outputs {
		<-o.copied
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	state := r.cmd.ProcessState
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return state.ExitCode(), nil
}
