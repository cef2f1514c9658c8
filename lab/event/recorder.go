package event

import (
	"bufio"
	"encoding/json"
	"io"
	"sync"
	"time"
	"unicode/utf8"
)

// maxWaiting bounds the events that wait to be written.
const maxWaiting = 1 << 16

// Recorder writes a record. It never delays those that add events: those that find no
// room are dropped and counted. All methods may be called by any goroutine.
type Recorder struct {
	waiting chan Event
	done    chan struct{}

	mu     sync.Mutex
	lost   int // events since the last one that was added
	closed bool

	err error // of the writer; set before done is closed
}

// NewRecorder begins a record that is written to w until Close.
func NewRecorder(w io.Writer) *Recorder {
	r := &Recorder{waiting: make(chan Event, maxWaiting), done: make(chan struct{})}
	go r.write(w)
	r.Add(Event{Kind: Run, Version: Version})
	return r
}

// Add adds an event. It sets the time, if there is none, and cuts a long text. After
// Close it does nothing.
func (r *Recorder) Add(e Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if len(e.Text) > MaxText {
		end := MaxText
		for end > 0 && !utf8.RuneStart(e.Text[end]) {
			end--
		}
		e.Bytes = max(e.Bytes, len(e.Text))
		e.Text = e.Text[:end]
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if r.lost > 0 {
		select {
		case r.waiting <- Event{Time: e.Time, Kind: Lost, Bytes: r.lost}:
			r.lost = 0
		default:
		}
	}
	select {
	case r.waiting <- e:
	default:
		r.lost++
	}
}

// Close writes all that was added, and returns the first error of the writer.
func (r *Recorder) Close() error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.waiting)
	}
	r.mu.Unlock()
	<-r.done
	return r.err
}

func (r *Recorder) write(w io.Writer) {
	defer close(r.done)
	out := bufio.NewWriter(w)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for e := range r.waiting {
		e.Time = e.Time.UTC().Truncate(time.Microsecond)
		if err := lines.Encode(e); err != nil && r.err == nil {
			r.err = err
		}
		if len(r.waiting) == 0 {
			if err := out.Flush(); err != nil && r.err == nil {
				r.err = err
			}
		}
	}
	if r.lost > 0 {
		_ = lines.Encode(Event{Time: time.Now().UTC(), Kind: Lost, Bytes: r.lost}) // Flush returns its error
	}
	if err := out.Flush(); err != nil && r.err == nil {
		r.err = err
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
