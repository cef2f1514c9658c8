package event

import (
	"encoding/json"
	"io"
	"runtime"
	"sync"
	"time"
	"unicode/utf8"
)

// maxWaiting bounds the bytes of events that wait to be written.
const maxWaiting = 16 << 20

// manyWaiting is how many bytes of them let the writer run first, if it can: they are still in
// the processor's cache then, and the buffer stays small.
const manyWaiting = 256 << 10

// Recorder writes a record. It never delays those that add events: those that find no
// room are dropped and counted. All methods may be called by any goroutine.
type Recorder struct {
	more chan struct{} // has room for one: there is something to write, or Close was called
	done chan struct{}

	mu     sync.Mutex
	lines  encoder // the events that wait
	lost   int     // events since the last one that was added
	closed bool

	taken, written int // how often the writer has begun, and ended, to write what waited
	wrote          sync.Cond

	err error // of the writer; set before done is closed
}

// NewRecorder begins a record that is written to w until Close.
func NewRecorder(w io.Writer) *Recorder {
	r := &Recorder{more: make(chan struct{}, 1), done: make(chan struct{})}
	r.wrote.L = &r.mu
	go r.write(w)
	r.Add(Event{Kind: Run, Version: Version})
	return r
}

// Add adds an event. It sets the time, if there is none, and cuts a long text. After
// Close it does nothing.
func (r *Recorder) Add(e Event) { r.AddText(e, []byte(e.Text), e.Kind) }

// AddText is Add of an event of each kind, with another text than that of e. It does not keep
// the bytes.
func (r *Recorder) AddText(e Event, text []byte, kinds ...Kind) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if len(text) > MaxText {
		end := MaxText
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		e.Bytes = max(e.Bytes, len(text))
		text = text[:end]
	}
	if r.addText(&e, text, kinds) >= manyWaiting {
		runtime.Gosched()
	}
}

// addText returns how many bytes wait.
func (r *Recorder) addText(e *Event, text []byte, kinds []Kind) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
	case len(r.lines.out) >= maxWaiting:
		r.lost += len(kinds)
	default:
		r.addLostLocked(e.Time)
		r.lines.add(e, text, kinds...)
		r.wake()
	}
	return len(r.lines.out)
}

func (r *Recorder) addLostLocked(at time.Time) {
	if r.lost > 0 {
		r.lines.add(&Event{Time: at, Bytes: r.lost}, nil, Lost)
		r.lost = 0
	}
}

// wake wakes the writer.
func (r *Recorder) wake() {
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// Flush returns when the writer has written all that was added before.
func (r *Recorder) Flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.taken
	if len(r.lines.out) > 0 {
		all++
	}
	for r.written < all {
		r.wrote.Wait()
	}
}

// Close writes all that was added, and returns the first error of the writer.
func (r *Recorder) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.wake()
	<-r.done
	return r.err
}

func (r *Recorder) write(w io.Writer) {
	defer close(r.done)
	var writing []byte
	for closed := false; !closed; {
		<-r.more
		r.mu.Lock()
		if closed = r.closed; closed {
			r.addLostLocked(time.Now())
		}
		r.lines.out, writing = writing[:0], r.lines.out
		r.taken++
		r.mu.Unlock()
		if _, err := w.Write(writing); err != nil && r.err == nil {
			r.err = err
		}
		r.mu.Lock()
		r.written++
		r.wrote.Broadcast()
		r.mu.Unlock()
	}
}

// Read reads a record. It stops at the first line that is none.
func Read(r io.Reader) (all []Event, err error) {
	for lines := json.NewDecoder(r); ; {
		var e Event
		if err := lines.Decode(&e); err == io.EOF {
			return all, nil
		} else if err != nil {
			return all, err
		}
		all = append(all, e)
	}
}
