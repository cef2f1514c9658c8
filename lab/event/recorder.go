package event

import (
	"encoding/json"
	"io"
	"sync"
	"time"
	"unicode/utf8"
)

// maxWaiting bounds the bytes of events that wait to be written.
const maxWaiting = 16 << 20

// Recorder writes a record. It never delays those that add events: those that find no
// room are dropped and counted. All methods may be called by any goroutine.
type Recorder struct {
	more chan struct{} // has room for one: there is something to write, or Close was called
	done chan struct{}

	mu     sync.Mutex
	lines  encoder // the events that wait
	lost   int     // events since the last one that was added
	closed bool

	err error // of the writer; set before done is closed
}

// NewRecorder begins a record that is written to w until Close.
func NewRecorder(w io.Writer) *Recorder {
	r := &Recorder{more: make(chan struct{}, 1), done: make(chan struct{})}
	go r.write(w)
	r.Add(Event{Kind: Run, Version: Version})
	return r
}

// Add adds an event. It sets the time, if there is none, and cuts a long text. After
// Close it does nothing.
func (r *Recorder) Add(e Event) { r.AddText(e, []byte(e.Text)) }

// AddText is Add with another text than that of the event. It does not keep the bytes.
func (r *Recorder) AddText(e Event, text []byte) {
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
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
	case len(r.lines.out) >= maxWaiting:
		r.lost++
	default:
		r.addLostLocked(e.Time)
		r.lines.add(&e, text)
		r.wake()
	}
}

func (r *Recorder) addLostLocked(at time.Time) {
	if r.lost > 0 {
		r.lines.add(&Event{Time: at, Kind: Lost, Bytes: r.lost}, nil)
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
	var writing encoder
	for closed := false; !closed; {
		<-r.more
		r.mu.Lock()
		if closed = r.closed; closed {
			r.addLostLocked(time.Now())
		}
		r.lines, writing = encoder{out: writing.out[:0]}, r.lines
		r.mu.Unlock()
		if _, err := w.Write(writing.out); err != nil && r.err == nil {
			r.err = err
		}
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
