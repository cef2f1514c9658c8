package lab

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Timeouts of what is done to a process, each well beyond what it takes on a
// loaded machine of two cores.
const (
	startTimeout  = 120 * time.Second
	signalTimeout = 60 * time.Second // in containers a kill waits for its turn
	killTimeout   = 20 * time.Second // from SIGKILL to the end
	exitTimeout   = 20 * time.Second
	typeTimeout   = 20 * time.Second
	removeTimeout = 120 * time.Second
)

// Spec says what to start.
type Spec struct {
	Name string   // in messages and artifacts, and unique in the lab: "client2"
	Role string   // which program: "client". Default: Name
	Args []string // of the program
	Dir  string   // data folder, from [Lab.Dir]. Default: a new one
}

// Process is a program that the lab started, through all its epochs: each
// start of it is one, with a screen of its own. It embeds what is asked of its
// screen in the epoch that is now, or was last.
//
// The data folder is the program's current folder; in a container it is /data.
type Process struct {
	Screen
	lab  *Lab
	spec Spec
	unit unit
	// bench says that it is none of those that are tested, but helps to test them.
	bench bool

	mu     sync.Mutex
	epochs []*epoch
}

// epoch is one life of a process.
type epoch struct {
	number  int // from 1
	outputs [2]*record
	marks   [2]int // by stream; of the test's goroutine
	running running

	ended  chan struct{} // closed at the end, when what is below is set
	at     time.Time
	status int
	err    error
}

// stream is an output of a process.
type stream int

const (
	stdout stream = iota
	stderr
)

func (s stream) String() string { return [...]string{"screen", "stderr"}[s] }

// Name is the name that the process was given.
func (p *Process) Name() string { return p.spec.Name }

func (p *Process) String() string {
	if e := p.now(); e != nil {
		return fmt.Sprintf("%s (epoch %d)", p.spec.Name, e.number)
	}
	return p.spec.Name
}

// now is the epoch that is, or was last; nil before the first.
func (p *Process) now() *epoch {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.epochs) == 0 {
		return nil
	}
	return p.epochs[len(p.epochs)-1]
}

func (p *Process) history() []*epoch {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*epoch(nil), p.epochs...)
}

// Mark has the screen and stderr begin anew, for the assertions: lines that
// arrived before are not looked at any more. A restart is a mark as well.
func (p *Process) Mark() {
	e := p.now()
	for s, r := range e.outputs {
		e.marks[s] = r.since(0).next
	}
}

// begin starts a new epoch. May be called from any goroutine, but not twice at
// the same time for one process.
func (p *Process) begin(ctx context.Context) error {
	e := &epoch{
		number:  len(p.history()) + 1,
		outputs: [2]*record{newRecord(), newRecord()},
		ended:   make(chan struct{}),
	}
	p.lab.note(p.spec.Name, "starts")
	r, err := p.unit.run(ctx, e.outputs[stdout], e.outputs[stderr])
	if err != nil {
		return err
	}
	e.running = r
	p.mu.Lock()
	p.epochs = append(p.epochs, e)
	p.mu.Unlock()
	go func() {
		e.status, e.err = r.wait()
		e.at = time.Now()
		for _, r := range e.outputs {
			r.end()
		}
		p.lab.note(p.spec.Name, fmt.Sprintf("ended with status %d", e.status))
		close(e.ended)
	}()
	return nil
}

// alive says whether the epoch has not ended.
func (e *epoch) alive() bool {
	select {
	case <-e.ended:
		return false
	default:
		return true
	}
}

// remove ends the process and what it ran in, and waits for its last line.
func (p *Process) remove(ctx context.Context) error {
	if p.unit == nil {
		return nil
	}
	if err := p.unit.remove(ctx); err != nil {
		return err
	}
	if e := p.now(); e != nil {
		select {
		case <-e.ended:
		case <-ctx.Done():
			return fmt.Errorf("it is still there after %v (removeTimeout)", removeTimeout)
		}
	}
	return nil
}
