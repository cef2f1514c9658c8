package lab

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Spec says what to start.
type Spec struct {
	Name string   // in messages and records, and unique in the lab: "client2"
	Role string   // which program: "client". Default: Name
	Args []string // of the project's own program, and of any whose command has no places
	Dir  string   // data folder, from [Lab.Dir]. Default: a new one
	// Vars are the values for the places in a command, by name: {PORT1}. Without them
	// a command with places cannot be started: [ErrOwnArguments].
	Vars map[string]string
}

// Start starts several programs at the same time, in no particular order, and returns
// when all run. That a program ends at once is no error.
func (l *Lab) Start(ctx context.Context, specs ...Spec) ([]*Process, error) {
	started := make([]*Process, len(specs))
	for i, spec := range specs {
		if spec.Role == "" {
			spec.Role = spec.Name
		}
		if spec.Dir == "" {
			var err error
			if spec.Dir, err = l.Dir(spec.Name); err != nil {
				return nil, err
			}
		}
		started[i] = &Process{lab: l, spec: spec}
	}
	l.mu.Lock()
	l.processes = append(l.processes, started...)
	l.mu.Unlock()
	errs := make([]error, len(started))
	var all sync.WaitGroup
	for i, p := range started {
		all.Go(func() { errs[i] = p.settle(ctx) })
	}
	all.Wait()
	return started, errors.Join(errs...)
}

// settle makes the place in which what plays the role will run, and begins its first
// life there.
func (p *Process) settle(ctx context.Context) error {
	var err error
	if p.program, p.args, err = p.lab.played(p.spec); err != nil {
		return err
	}
	if p.unit, err = p.lab.newUnit(ctx, p); err != nil {
		return err
	}
	return p.Start(ctx)
}

func (l *Lab) newUnit(ctx context.Context, p *Process) (unit, error) {
	o := order{name: p.Name(), args: p.args, dir: p.spec.Dir, terminal: p.program.onTerminal()}
	if p.program.foreign() {
		o.limits = l.limits
	}
	if p.program.image == "" {
		return newNativeUnit(p.program.command, o, l), nil
	}
	if l.network.Own() && l.holder == nil {
		return nil, fmt.Errorf("%v is to play %s, but this lab has a network that containers cannot join: "+
			"choose the program when the lab is made, or make the lab on the host's network", p.program, p.spec.Role)
	}
	engine, err := l.bench.engine()
	if err != nil {
		return nil, err
	}
	u, err := engine.newUnit(ctx, p.program, o, l.holder)
	if err != nil {
		return nil, err
	}
	l.contains(u.container.GetContainerID(), p.Name())
	return u, nil
}

// StartWith starts a process that has ended again with other arguments, or other values
// for the places in its command. In a container that is a new container with the same
// data folder.
func (p *Process) StartWith(ctx context.Context, args []string, vars map[string]string) error {
	p.spec.Args, p.spec.Vars = args, vars
	if err := p.unit.remove(ctx); err != nil {
		return err
	}
	return p.settle(ctx)
}
