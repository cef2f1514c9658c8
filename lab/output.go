package lab

import (
	"bytes"
	"sync"
	"time"
)

// MaxOutput bounds what one output holds, in bytes of text. The largest
// scenario shows 10 MB on a screen.
const MaxOutput = 64 << 20

// Line is one line of an output, as it arrived.
type Line struct {
	Text string    // without its LF
	At   time.Time // when its LF was read
	Cut  bool      // the program ended without writing the LF
}

// Output holds what one process wrote to one of its outputs during one life.
// Lines are numbered from 0 in the order they arrived. Past MaxOutput the
// oldest are dropped. Its methods may be called from any goroutine.
type Output struct {
	mu      sync.Mutex
	lines   []Line
	first   int // number of lines[0]
	size    int
	partial []byte
	ended   bool
	changed chan struct{} // closed, and replaced, whenever something above changes
	kept    func(Line)    // is called with each line; nil: nothing is
	room    int64         // bytes until full is called; 0: without limit
	full    func()        // is called once, in a goroutine of its own
}

func newOutput() *Output {
	return &Output{changed: make(chan struct{})}
}

// Write appends what the program wrote. It never fails.
func (r *Output) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.room > 0 {
		if r.room -= int64(len(p)); r.room <= 0 {
			r.room = 0
			go r.full()
		}
	}
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte{'\n'})
		r.partial = append(r.partial, line...)
		if whole {
			r.keep(Line{Text: string(r.partial), At: now})
			r.partial = r.partial[:0]
		}
		rest = after
	}
	r.wake()
	return len(p), nil
}

// end marks the output as complete: the program has closed this output.
func (r *Output) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.partial) > 0 {
		r.keep(Line{Text: string(r.partial), At: time.Now(), Cut: true})
		r.partial = nil
	}
	r.ended = true
	r.wake()
}

func (r *Output) keep(line Line) {
	if r.kept != nil {
		r.kept(line)
	}
	r.lines = append(r.lines, line)
	r.size += len(line.Text)
	for r.size > MaxOutput && len(r.lines) > 1 {
		r.size -= len(r.lines[0].Text)
		r.lines = r.lines[1:]
		r.first++
	}
}

func (r *Output) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// View is what an output held at one moment.
type View struct {
	Lines   []Line          // not to be written to
	Next    int             // the number that the next line will have
	Partial string          // the unfinished line
	Ended   bool            // nothing more will come
	Changed <-chan struct{} // closed on the next change
}

// Since returns what the output holds from line n on.
func (r *Output) Since(n int) View {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := View{Next: r.first + len(r.lines), Partial: string(r.partial), Ended: r.ended, Changed: r.changed}
	if i := max(n-r.first, 0); i < len(r.lines) {
		v.Lines = r.lines[i:len(r.lines):len(r.lines)]
	}
	return v
}
