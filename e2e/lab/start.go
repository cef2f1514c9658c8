package lab

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
	return l.startAll(false, specs...)
}

// startAll is StartAll for programs that are tested, and for those that belong
// to the bench.
func (l *Lab) startAll(bench bool, specs ...Spec) []*Process {
	l.t.Helper()
	started := make([]*Process, len(specs))
	for i, spec := range specs {
		if spec.Role == "" {
			spec.Role = spec.Name
		}
		if spec.Dir == "" {
			spec.Dir = l.Dir(spec.Name)
		}
		p := &Process{lab: l, spec: spec, bench: bench}
		p.Screen = Screen{process: p, stream: stdout, patience: lineTimeout, reason: "lineTimeout"}
		started[i] = p
	}
	l.mu.Lock()
	l.processes = append(l.processes, started...)
	l.mu.Unlock()
	l.inParallel(started, func(ctx context.Context, p *Process) error {
		var err error
		if p.unit, err = l.newUnit(ctx, p); err != nil {
			return err
		}
		return p.begin(ctx)
	})
	return started
}

// inParallel does something to several processes and ends the test if one fails.
func (l *Lab) inParallel(ps []*Process, do func(context.Context, *Process) error) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	errs := make([]error, len(ps))
	var all sync.WaitGroup
	for i, p := range ps {
		all.Go(func() { errs[i] = do(ctx, p) })
	}
	all.Wait()
	for _, err := range errs {
		if errors.Is(err, errOwnArguments) {
			LeaveOut(l.t, err.Error())
		}
		if err != nil {
			l.fail("%v", err)
		}
	}
}

// newUnit makes the place in which what plays the role will run.
func (l *Lab) newUnit(ctx context.Context, p *Process) (unit, error) {
	spec := p.spec
	who, err := l.cast.play(spec.Name, spec.Role)
	if err != nil {
		return nil, err
	}
	if p.program, p.args, err = who.fill(spec); err != nil {
		return nil, fmt.Errorf("%s: %w", spec.Name, err)
	}
	who = p.program
	o := order{name: spec.Name, args: p.args, dir: spec.Dir, terminal: who.onTerminal()}
	if who.image == "" {
		return newNativeUnit(who.command, o, l), nil
	}
	if l.network.Own() {
		return nil, fmt.Errorf("%v is to play %s on the host's network, but this lab has a network of its own: "+
			"choose the program when the lab is made (lab.Playing), or make the lab with lab.OnHost", who, spec.Role)
	}
	engine, err := l.run.engine()
	if err != nil {
		return nil, err
	}
	return engine.newUnit(ctx, who, o)
}

// Start starts a process that has ended again, as it was: the same container
// or command, arguments and data folder.
func (p *Process) Start() {
	p.lab.t.Helper()
	p.mustHaveExited()
	p.lab.inParallel([]*Process{p}, func(ctx context.Context, p *Process) error { return p.begin(ctx) })
}

func (p *Process) mustHaveExited() {
	p.lab.t.Helper()
	if p.now().alive() {
		p.lab.fail("%v still runs, so the scenario cannot start it again: it should have exited by now", p)
	}
}

// StartWith starts a process that has ended again with other arguments. In a
// container that is a new container with the same data folder.
func (p *Process) StartWith(args ...string) {
	p.lab.t.Helper()
	p.mustHaveExited()
	p.spec.Args, p.spec.Vars = args, nil
	p.lab.inParallel([]*Process{p}, func(ctx context.Context, p *Process) error {
		if err := p.unit.remove(ctx); err != nil {
			return err
		}
		var err error
		if p.unit, err = p.lab.newUnit(ctx, p); err != nil {
			return err
		}
		return p.begin(ctx)
	})
}

// Restart kills the process with SIGKILL if it has not ended, and starts it again.
func (p *Process) Restart() {
	p.lab.t.Helper()
	if p.now().alive() {
		p.Kill()
	}
	p.Start()
}
