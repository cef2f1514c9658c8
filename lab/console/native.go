package console

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"peerlab/lab"
)

// Native is the stage of a lab whose programs run natively.
type Native struct {
	lab *lab.Lab

	mu     sync.Mutex
	paused map[*lab.Life]bool
	acting map[string]*sync.Mutex // one action on a program at a time
}

// NewNative returns the stage of a lab.
func NewNative(l *lab.Lab) *Native {
	return &Native{lab: l, paused: make(map[*lab.Life]bool), acting: make(map[string]*sync.Mutex)}
}

// Programs implements [Stage].
func (n *Native) Programs() (all []Program) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.lab.Processes() {
		e := p.Life()
		if e == nil {
			continue // it is being started
		}
		x := Program{Name: p.Name(), State: Running, Life: e.Number()}
		switch {
		case !e.Running():
			x.State = Exited
			delete(n.paused, e)
		case n.paused[e]:
			x.State = Paused
		}
		x.Can = actions(x.State)
		all = append(all, x)
	}
	return all
}

// find returns the process of that name and its last life.
func (n *Native) find(name string) (*lab.Process, *lab.Life, error) {
	all := n.lab.Processes()
	i := slices.IndexFunc(all, func(p *lab.Process) bool { return p.Name() == name })
	if i < 0 || all[i].Life() == nil {
		return nil, nil, unknown(name)
	}
	return all[i], all[i].Life(), nil
}

// Type implements [Stage].
func (n *Native) Type(name string, b []byte) error {
	_, e, err := n.find(name)
	switch {
	case err != nil:
		return err
	case !e.Running():
		return notRunning(name)
	}
	return typing(name, e.Type(b, typeLimit))
}

// turn locks a program for one action.
func (n *Native) turn(name string) *sync.Mutex {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.acting[name] == nil {
		n.acting[name] = &sync.Mutex{}
	}
	return n.acting[name]
}

// Act implements [Stage].
func (n *Native) Act(ctx context.Context, name string, a Action) error {
	turn := n.turn(name)
	turn.Lock()
	defer turn.Unlock()
	p, e, err := n.find(name)
	if err != nil {
		return err
	}
	if e.Running() == (a == Start) {
		return fmt.Errorf("%s cannot be done to %s as it is now", a, name)
	}
	switch a {
	case Start:
		return p.Start(ctx)
	case Kill:
		return e.Kill(ctx)
	case Stop:
		return e.Signal(ctx, syscall.SIGTERM)
	case Interrupt:
		return e.Signal(ctx, syscall.SIGINT)
	case EndInput:
		return e.CloseInput()
	case Pause, Resume:
		return n.pause(ctx, e, a == Pause)
	}
	return fmt.Errorf("there is no action %q", a)
}

func (n *Native) pause(ctx context.Context, e *lab.Life, pause bool) error {
	do := e.Resume
	if pause {
		do = e.Pause
	}
	if err := do(ctx); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.paused[e] = pause
	return nil
}

// Links implements [Stage].
func (n *Native) Links() (links, error) {
	if w := n.lab.Wire(); w != nil {
		return newFaults(w), nil
	}
	return noLinks{}, errors.New("the programs have no network of their own: that takes Linux and root")
}

// Files implements [Stage].
func (n *Native) Files() map[string]string {
	all := make(map[string]string)
	for _, name := range []string{lab.EventsFile, lab.PacketsFile} {
		path := filepath.Join(n.lab.Folder(), name)
		if _, err := os.Stat(path); err == nil {
			all[name] = path
		}
	}
	return all
}
