package lab

import (
	"context"
	"errors"
	"strings"

	bench "peerlab/lab"
)

// Start starts one program. It ends the test if that cannot be done; that the
// program ends at once is no failure.
func (l *Lab) Start(spec Spec) *Process {
	l.t.Helper()
	return l.StartAll(spec)[0]
}

// StartAll starts several programs at the same time, in no particular order.
func (l *Lab) StartAll(specs ...Spec) []*Process {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	all, err := l.Lab.Start(ctx, specs...)
	started := make([]*Process, len(all))
	for i, p := range all {
		started[i] = &Process{Process: p, lab: l}
		started[i].Screen = Screen{process: started[i], stream: bench.Stdout, patience: lineTimeout}
	}
	l.mu.Lock()
	l.processes = append(l.processes, started...)
	l.mu.Unlock()
	l.mustStart(err)
	return started
}

// mustStart ends the test if a start has failed.
func (l *Lab) mustStart(err error) {
	l.t.Helper()
	if errors.Is(err, bench.ErrOwnArguments) {
		first, _, _ := strings.Cut(err.Error(), "\n")
		LeaveOut(l.t, first)
	}
	if err == nil {
		return
	}
	if program := new(bench.StartError); !errors.As(err, &program) {
		l.breaks(err)
	}
	l.fail("%v", err)
}

// Start starts a process that has ended again, as it was: the same container
// or command, arguments and data folder.
func (p *Process) Start() {
	p.lab.t.Helper()
	p.mustHaveExited()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	p.lab.mustStart(p.Process.Start(ctx))
}

func (p *Process) mustHaveExited() {
	p.lab.t.Helper()
	if p.Running() {
		p.lab.fail("%v still runs, so the scenario cannot start it again: it should have exited by now", p)
	}
}

// StartAs starts a process that has ended again with the arguments and values of a spec.
// In a container that is a new container with the same data folder.
func (p *Process) StartAs(spec Spec) {
	p.lab.t.Helper()
	p.mustHaveExited()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	p.lab.mustStart(p.Process.StartWith(ctx, spec.Args, spec.Vars))
}

// Restart kills the process with SIGKILL if it has not ended, and starts it again.
func (p *Process) Restart() {
	p.lab.t.Helper()
	if p.Running() {
		p.Kill()
	}
	p.Start()
}
