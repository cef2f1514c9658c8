package lab

import (
	"fmt"
	"sync"
	"time"

	bench "peerlab/lab"
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

// Process is a program that the lab started, through all its lives: each
// start of it is one, with a screen of its own. It embeds what is asked of its
// screen in the life that is now, or was last.
type Process struct {
	Screen
	*bench.Process
	lab *Lab

	mu   sync.Mutex
	life *life // see now
}

// life is one life of a process, as the scenario looks at it.
type life struct {
	*bench.Life
	marks  [2]int // by stream; of the test's goroutine
	marked time.Time
	meant  bool // the scenario ended it, or has asserted its exit; of the test's goroutine
}

func (p *Process) String() string {
	if e := p.Process.Life(); e != nil {
		return p.inLife(e)
	}
	return p.Name()
}

// inLife names the process in one of its lives, for messages. Most have one.
func (p *Process) inLife(e *bench.Life) string {
	if e.Number() == 1 {
		return p.Name()
	}
	return fmt.Sprintf("%s (life %d)", p.Name(), e.Number())
}

// now is the life that is, or was last; nil before the first.
func (p *Process) now() *life {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.Process.Life(); e != nil && (p.life == nil || p.life.Life != e) {
		p.life = &life{Life: e}
	}
	return p.life
}

// Mark has the screen and stderr begin anew, for the assertions: lines that
// arrived before are not looked at any more. A restart is a mark as well.
func (p *Process) Mark() {
	e := p.now()
	e.marked = time.Now()
	for s := range e.marks {
		e.marks[s] = e.Output(bench.Stream(s)).Since(0).Next
	}
}

// Running says whether the process has not ended.
func (p *Process) Running() bool { return p.now().Running() }

// Started is when the process began in this life: natively just before it was
// made, in a container when the engine had started it.
func (p *Process) Started() time.Time { return p.now().Began() }

// Life is one life of a process: all that is known of it from outside.
type Life struct {
	Number int // from 1
	Screen []Line
	Stderr []Line
	// Forgotten is how many of the first lines of the screen were not kept,
	// because more than 64 MiB came.
	Forgotten int
	Ended     time.Time // zero: it runs
	Status    int       // when it has ended; a signal N counts as 128+N
}

// Lives returns all lives of the process, whatever was marked. May be called
// from any goroutine.
func (p *Process) Lives() []Life {
	var lives []Life
	for _, e := range p.Process.Lives() {
		running := e.Running() // asked first, so that an ended one is complete
		screen := e.Output(bench.Stdout).Since(0)
		l := Life{
			Number: e.Number(), Screen: screen.Lines, Stderr: e.Output(bench.Stderr).Since(0).Lines,
			Forgotten: screen.Next - len(screen.Lines),
		}
		if !running {
			l.Ended, l.Status, _ = e.Result()
		}
		lives = append(lives, l)
	}
	return lives
}
