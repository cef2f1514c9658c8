package console

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"unicode"
)

const (
	// maxScreen bounds the output of a terminal that is kept for viewers, in bytes.
	maxScreen = 256 << 10
	// maxChunk bounds the output of a terminal that a viewer is sent at once, in bytes: about
	// what the terminal on the page keeps. If there is more from one update to the next, the
	// viewer is sent the last maxTail bytes of it, a screenful.
	maxChunk = 128 << 10
	maxTail  = 4 << 10
)

// hub keeps what the page shows: the output of each terminal and the state of the lab. It
// queues nothing for a viewer, and knows only how much it was sent of each output: a slow
// viewer needs no memory, delays no other, and loses what is no longer kept. The methods may
// be called by any goroutine; they do no I/O.
type hub struct {
	mu        sync.Mutex
	terminals []*terminal
	state     []byte // as JSON
	version   int    // of state
	events    int    // in the record
	changed   chan struct{}
	// written is called with all that a terminal shows, in order; nil: nothing is.
	written func(name string, b []byte)
}

// terminal is the last output of one program.
type terminal struct {
	name    string
	text    []byte
	end     int64 // bytes that were ever written
	midline bool  // the output does not end with a line end
}

// viewer is how far a page was brought up to date.
type viewer struct {
	at      []sight // by terminal
	version int
	events  int
}

// sight is how far a page was brought up to date with a terminal: what it was sent, and what
// there was.
type sight struct{ sent, end int64 }

// update is what a viewer lacks.
type update struct {
	state   []byte // nil: the viewer knows it
	events  int    // in the record; 0: no more than the viewer knows
	outputs []output
	fresh   int // bytes of output since the update before, sent or left out
	// changed is closed when there is more; nil if there may be more at once.
	changed <-chan struct{}
}

// output is a part of what a terminal shows.
type output struct {
	terminal string
	text     []byte
}

func newHub() *hub { return &hub{changed: make(chan struct{})} }

// findLocked returns the terminal of that name, which it makes if there is none.
func (h *hub) findLocked(name string) *terminal {
	if i := slices.IndexFunc(h.terminals, func(t *terminal) bool { return t.name == name }); i >= 0 {
		return h.terminals[i]
	}
	t := &terminal{name: name}
	h.terminals = append(h.terminals, t)
	return t
}

// write adds output of a program to its terminal.
func (h *hub) write(name string, b []byte) {
	if len(b) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.addLocked(h.findLocked(name), b)
}

// typed shows a line that was typed at a program without an echo: behind the prompt, if
// there is one.
func (h *hub) typed(name, line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, prompt := h.findLocked(name), ""
	if !t.midline {
		prompt = "\x1b[2m> \x1b[0m"
	}
	h.addLocked(t, []byte(prompt+"\x1b[1m"+printable(line)+"\x1b[0m\r\n"))
}

// notice shows a line of the page's own at a terminal.
func (h *hub) notice(name, line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.findLocked(name)
	start := "\x1b[0;2m"
	if t.midline {
		start = "\r\n" + start
	}
	h.addLocked(t, []byte(start+"["+printable(line)+"]\x1b[0m\r\n"))
}

// printable returns text without characters that control a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

func (h *hub) addLocked(t *terminal, b []byte) {
	t.add(b)
	if h.written != nil {
		h.written(t.name, b)
	}
	close(h.changed)
	h.changed = make(chan struct{})
}

// add adds output, and forgets the oldest lines of it.
func (t *terminal) add(b []byte) {
	t.text = append(t.text, b...)
	t.end += int64(len(b))
	t.midline = b[len(b)-1] != '\n'
	if len(t.text) <= 2*maxScreen {
		return
	}
	kept := t.text[len(t.text)-maxScreen:]
	if i := bytes.IndexByte(kept, '\n'); i >= 0 {
		kept = kept[i+1:] // not in the middle of a line, a character or a control sequence
	}
	t.text = slices.Clone(kept)
}

// tail returns the last lines.
func (t *terminal) tail() []byte {
	tail := t.text[max(len(t.text)-maxTail, 0):]
	if i := bytes.IndexByte(tail, '\n'); i >= 0 {
		tail = tail[i+1:]
	}
	return tail
}

// show sets the state of the lab, as JSON, and how many events the record has.
func (h *hub) show(state any, events int) error {
	b, err := json.Marshal(state)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if bytes.Equal(b, h.state) && events == h.events {
		return nil
	}
	if !bytes.Equal(b, h.state) {
		h.state = b
		h.version++
	}
	h.events = events
	close(h.changed)
	h.changed = make(chan struct{})
	return nil
}

// leftOut stands where a viewer was not sent output: there was too much.
const leftOut = "\x1bc\x1b[2m[output is left out here: it came faster than this page shows it]\x1b[0m\r\n"

// next returns what a viewer lacks, and counts it as sent.
func (h *hub) next(v *viewer) (u update) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v.version != h.version {
		v.version, u.state = h.version, h.state
	}
	if v.events != h.events {
		v.events, u.events = h.events, h.events
	}
	for i, t := range h.terminals {
		start := t.end - int64(len(t.text))
		if i == len(v.at) {
			v.at = append(v.at, sight{start, t.end})
		}
		at := &v.at[i]
		fresh := int(t.end - at.end)
		u.fresh += fresh
		at.end = t.end
		if at.sent == t.end {
			continue
		}
		o := output{terminal: t.name}
		if at.sent < start || fresh > maxChunk {
			o.text, at.sent = []byte(leftOut), t.end-int64(len(t.tail()))
		}
		part := t.text[at.sent-start:]
		part = part[:min(len(part), maxChunk)]
		o.text = append(o.text, part...)
		at.sent += int64(len(part))
		u.outputs = append(u.outputs, o)
	}
	if u.state == nil && u.events == 0 && u.outputs == nil {
		u.changed = h.changed
	}
	return u
}
