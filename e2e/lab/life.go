package lab

import (
	"context"
	"fmt"
	"syscall"
	"time"

	bench "peerlab/lab"
)

// Kill ends the process, and what it started, with SIGKILL, and waits for that.
func (p *Process) Kill() {
	p.lab.t.Helper()
	p.do("kill -9", (*bench.Life).Kill)
	p.ends(killTimeout)
}

// Signal sends a signal to the process and does not wait for its effect.
func (p *Process) Signal(sig syscall.Signal) {
	p.lab.t.Helper()
	p.do(fmt.Sprintf("signal %v", sig), func(e *bench.Life, ctx context.Context) error { return e.Signal(ctx, sig) })
}

// Pause stops the process where it is, as SIGSTOP does, until Resume.
func (p *Process) Pause() {
	p.lab.t.Helper()
	p.pauses("pause", (*bench.Life).Pause)
}

// Resume lets a paused process go on.
func (p *Process) Resume() {
	p.lab.t.Helper()
	p.pauses("resume", (*bench.Life).Resume)
}

// DiskFull has every write of the process to a file fail, as on a full disk,
// until DiskFree or its next start: see the library's FillDisk.
func (p *Process) DiskFull() {
	p.lab.t.Helper()
	p.do("disk full", func(e *bench.Life, ctx context.Context) error { return e.FillDisk(ctx, true) })
}

// DiskFree undoes DiskFull.
func (p *Process) DiskFree() {
	p.lab.t.Helper()
	p.do("disk free", func(e *bench.Life, ctx context.Context) error { return e.FillDisk(ctx, false) })
}

// pauses is do for what must not end the process.
func (p *Process) pauses(what string, do func(*bench.Life, context.Context) error) {
	p.lab.t.Helper()
	meant := p.now().meant
	p.do(what, do)
	p.now().meant = meant
}

func (p *Process) do(what string, do func(*bench.Life, context.Context) error) {
	p.lab.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), signalTimeout)
	defer cancel()
	e := p.now()
	e.meant = true // by whatever the signal does, perhaps much later
	err := do(e.Life, ctx)
	switch {
	case err == nil:
		p.lab.step(fmt.Sprintf("%v: %s", p, what))
	case e.exitedSoon():
		p.lab.failAt(p, "%v %s before the scenario came to do this to it: %s", p, e.Outcome(), what)
	default:
		p.lab.failAt(p, "%v: %s: %v", p, what, err)
	}
}

// Exits waits until the process has ended, and requires this exit status. A
// signal N that ended it counts as status 128+N.
func (p *Process) Exits(status int) {
	p.lab.t.Helper()
	p.ExitsWithin(exitTimeout, status)
}

// ExitsWithin is Exits for an end that must come in a given time.
func (p *Process) ExitsWithin(limit time.Duration, status int) {
	p.lab.t.Helper()
	p.ends(limit)
	e := p.now()
	e.meant = true
	if _, got, _ := e.Result(); got != status {
		p.lab.failAt(p, "%v %s, expected status %d", p, e.Outcome(), status)
	}
}

func (p *Process) ends(limit time.Duration) {
	p.lab.t.Helper()
	e := p.now()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-e.Ended():
	case <-timer.C:
		if e.Running() { // it may have ended at the same time
			p.lab.failAt(p, "%v still runs, expected its exit within %v%s", p, limit, p.lab.afterTyped(p))
		}
	}
	if _, _, err := e.Result(); err != nil {
		p.lab.failAt(p, "%v %s", p, e.Outcome())
	}
	p.lab.met(p, fmt.Sprintf("%v %s", p, e.Outcome()))
}

// PID is the process id of the program, as this machine counts them.
func (p *Process) PID() int {
	p.lab.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), signalTimeout)
	defer cancel()
	pid, err := p.now().PID(ctx)
	if err != nil {
		p.lab.failAt(p, "%v: its process id: %v", p, err)
	}
	return pid
}
