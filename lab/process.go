package lab

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"peerlab/lab/event"
)

// Process is a program that the lab started, through all its lives: each start of it is
// one, with outputs of its own. Start and StartWith may be called by one goroutine at a
// time, and while no life runs; the other methods by any.
//
// The data folder is the program's current folder; in a container it is /data.
type Process struct {
	lab     *Lab
	spec    Spec
	unit    unit
	program program  // what plays the role, with values in its places
	args    []string // that follow its command or image

	mu    sync.Mutex
	lives []*Life
}

// Name is the name that the process was given.
func (p *Process) Name() string { return p.spec.Name }

// Dir is the data folder.
func (p *Process) Dir() string { return p.spec.Dir }

// Path is the path of a file in the data folder.
func (p *Process) Path(name string) string { return filepath.Join(p.spec.Dir, name) }

// Foreign reports whether the program is not one of the project's own.
func (p *Process) Foreign() bool { return p.program.foreign() }

// InContainer reports whether the program runs in a container.
func (p *Process) InContainer() bool { return p.program.image != "" }

// OnTerminal reports whether the program's stdin and stdout are a terminal.
func (p *Process) OnTerminal() bool { return p.program.onTerminal() }

// HasPlace reports whether the command has a place for one of these values.
func (p *Process) HasPlace(values ...string) bool { return p.program.hasPlace(values...) }

// Place returns the value in a place of the command; "" if it has no such place.
func (p *Process) Place(name string) string {
	if !p.HasPlace(name) {
		return ""
	}
	return p.spec.Vars[name]
}

// Command is the command line, for messages: what to try by hand.
func (p *Process) Command() string {
	if p.program.image != "" {
		return "image " + QuoteWords(slices.Concat([]string{p.program.image}, p.program.command, p.args)...)
	}
	return QuoteWords(append(p.program.command[:len(p.program.command):len(p.program.command)], p.args...)...)
}

// Life is the life that is, or was last; nil before the first.
func (p *Process) Life() *Life {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lives) == 0 {
		return nil
	}
	return p.lives[len(p.lives)-1]
}

// Lives returns all lives, the first one first.
func (p *Process) Lives() []*Life {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lives)
}

// Start starts a process that has ended again, as it was: the same container or command,
// arguments and data folder.
func (p *Process) Start(ctx context.Context) error {
	e := &Life{process: p, number: len(p.Lives()) + 1, began: make(chan struct{}), ended: make(chan struct{})}
	for s, kind := range []event.Kind{event.Shown, event.Logged} {
		e.outputs[s] = newOutput()
		e.outputs[s].kept = func(line Line) { e.happened(kind, line.Text) }
		if limits := p.lab.limits; limits != nil && p.program.foreign() {
			e.outputs[s].room, e.outputs[s].full = limits.Output, e.printsTooMuch
		}
	}
	e.happened(event.Started, p.Command())
	var err error
	if e.running, err = p.unit.run(ctx, p.watched(e.outputs[Stdout]), p.watched(e.outputs[Stderr])); err != nil {
		return err
	}
	close(e.began)
	p.mu.Lock()
	p.lives = append(p.lives, e)
	p.mu.Unlock()
	go e.wait()
	return nil
}

// remove ends the process and what it ran in, and waits for its last line.
func (p *Process) remove(ctx context.Context) error {
	if p.unit == nil {
		return nil
	}
	if err := p.unit.remove(ctx); err != nil {
		return err
	}
	if e := p.Life(); e != nil {
		select {
		case <-e.ended:
		case <-ctx.Done():
			return fmt.Errorf("it has not ended %v after SIGKILL", removeTimeout)
		}
	}
	return nil
}

// watched returns what an output of the process is written to.
func (p *Process) watched(o *Output) io.Writer {
	if w := p.lab.watch; w != nil {
		return io.MultiWriter(o, writerFunc(func(b []byte) { w.Output(p.Name(), b) }))
	}
	return o
}

// writerFunc is a writer that never fails.
type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(b)
	return len(b), nil
}
