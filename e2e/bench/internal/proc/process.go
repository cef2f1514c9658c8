// Package proc starts, measures and ends the processes that are compared. It is for
// Linux: its figures come from /proc and the processes' clocks.
package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	leaveTime = 5 * time.Second  // for a process to end after SIGTERM
	readyTime = 10 * time.Second // for a process to do its work after its start
)

// Process is a program that runs until it is ended.
type Process struct {
	Name   string // in errors
	cmd    *exec.Cmd
	output tail
	done   chan struct{} // closed when the process has ended
}

// Start starts a program on the network of the calling thread, in a process group of
// its own. Its stderr, and its stdout if there is no other, are kept for errors.
func Start(name string, stdin, stdout *os.File, path string, args ...string) (*Process, error) {
	p := &Process{Name: name, cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if stdin != nil {
		p.cmd.Stdin = stdin
	}
	if stdout != nil {
		p.cmd.Stdout = stdout
	}
	p.cmd.WaitDelay = time.Second // for its children, which have the same stderr
	// The kernel sends SIGTERM when this program is killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // its next request fails
	}()
	return p, nil
}

// PID returns the process ID, which is also that of its group.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Last returns the last line that the process has written to stderr, or to a stdout
// that is kept.
func (p *Process) Last() string { return p.output.last() }

// Kill ends the process and its children by SIGKILL. It returns when the process is gone.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL) // they may have ended
	<-p.done
}

// Stop ends the process by SIGTERM, and by SIGKILL if that does not help. It returns
// when the process is gone.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	if !p.ends(leaveTime) {
		p.Kill()
	}
}

// ends reports whether the process ends within that time.
func (p *Process) ends(within time.Duration) bool {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-p.done:
		return true
	case <-late.C:
		return false
	}
}

// Failed returns err with the last line of the process, which is given a second to end.
func (p *Process) Failed(err error) error {
	p.ends(time.Second)
	return fmt.Errorf("%s: %w; its last line: %s", p.Name, err, p.Last())
}

// Ready waits until check succeeds, at most 10 seconds. It fails at once when the
// process has ended.
func (p *Process) Ready(ctx context.Context, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.Failed(errors.New("ended at once"))
		case <-ctx.Done():
			return p.Failed(errors.Join(errors.New("not ready"), err))
		case <-again.C:
		}
	}
}

// Find looks for a program in PATH and where Debian has those for root. The error
// names the package to install.
func Find(name, debianPackage string) (string, error) {
	for _, place := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(place); err == nil {
			return path, nil
		}
	}
	return "", errors.New(name + " is not installed (apt-get install " + debianPackage + ")")
}
