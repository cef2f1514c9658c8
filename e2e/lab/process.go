package lab

import (
	"context"
	"fmt"
	"sync"
	"time"

	"peerlab/lab/event"
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
	Args []string // of the project's own program, and of any whose command has no places
	Dir  string   // data folder, from [Lab.Dir]. Default: a new one
	// Vars are the values for the places in a command, by name: {PORT1}. A scenario
	// without them is left out if the command has places.
	Vars map[string]string
}

// Process is a program that the lab started, through all its lives: each
// start of it is one, with a screen of its own. It embeds what is asked of its
// screen in the life that is now, or was last.
//
// The data folder is the program's current folder; in a container it is /data.
type Process struct {
	Screen
	lab     *Lab
	spec    Spec
	unit    unit
	program program  // what plays the role, with values in its places
	args    []string // that follow its command or image
	// bench says that it is none of those that are tested, but helps to test them.
	bench bool

	mu    sync.Mutex
	lives []*life
}

// life is one life of a process.
type life struct {
	name    string // of the process
	number  int    // from 1
	events  *event.Recorder
	outputs [2]*record
	marks   [2]int // by stream; of the test's goroutine
	marked  time.Time
	meant   bool // the scenario ended it, or has asserted its exit; of the test's goroutine
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
		return p.inLife(e)
	}
	return p.spec.Name
}

// inLife names the process in one of its lives, for messages. Most have one.
func (p *Process) inLife(e *life) string {
	if e.number == 1 {
		return p.spec.Name
	}
	return fmt.Sprintf("%s (life %d)", p.spec.Name, e.number)
}

// now is the life that is, or was last; nil before the first.
func (p *Process) now() *life {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lives) == 0 {
		return nil
	}
	return p.lives[len(p.lives)-1]
}

func (p *Process) history() []*life {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*life(nil), p.lives...)
}

// Mark has the screen and stderr begin anew, for the assertions: lines that
// arrived before are not looked at any more. A restart is a mark as well.
func (p *Process) Mark() {
	e := p.now()
	e.marked = time.Now()
	for s, r := range e.outputs {
		e.marks[s] = r.since(0).next
	}
}

// begin starts a new life. May be called from any goroutine, but not twice at
// the same time for one process.
func (p *Process) begin(ctx context.Context) error {
	e := &life{name: p.spec.Name, number: len(p.history()) + 1, events: p.lab.events, ended: make(chan struct{})}
	for s, kind := range []event.Kind{event.Shown, event.Logged} {
		e.outputs[s] = newRecord()
		e.outputs[s].kept = func(line Line) { e.happened(kind, line.Text) }
	}
	p.lab.note(p.spec.Name, "starts")
	e.happened(event.Started, p.command())
	r, err := p.unit.run(ctx, e.outputs[stdout], e.outputs[stderr])
	if err != nil {
		return err
	}
	e.running = r
	p.mu.Lock()
	p.lives = append(p.lives, e)
	p.mu.Unlock()
	go func() {
		e.status, e.err = r.wait()
		e.at = time.Now()
		for _, r := range e.outputs {
			r.end()
		}
		p.lab.note(p.spec.Name, e.outcome())
		e.happened(event.Exited, e.outcome())
		close(e.ended)
		p.lab.wakeAtExit()
	}()
	return nil
}

// alive says whether the life has not ended.
func (e *life) alive() bool {
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
			return fmt.Errorf("it has not ended %v after SIGKILL (removeTimeout)", removeTimeout)
		}
	}
	return nil
}
