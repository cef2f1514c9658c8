package console

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"peerlab/lab/event"
)

// maxHistory bounds the events that are kept for the diagram; the record has all.
const maxHistory = 20_000

// history keeps the last events of a run, as lines of JSON: most of them are never drawn.
// Its methods may be called by any goroutine.
type history struct {
	mu    sync.Mutex
	lines [][]byte
	first int // how many came before lines[0]
	began time.Time
}

// add adds an event, and keeps the line.
func (h *history) add(line []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.first+len(h.lines) == 0 {
		var e event.Event
		_ = json.Unmarshal(line, &e) // the time is 0 then
		h.began = e.Time
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > 2*maxHistory {
		h.first += len(h.lines) - maxHistory
		h.lines = slices.Clone(h.lines[len(h.lines)-maxHistory:])
	}
}

// start returns when the run began.
func (h *history) start() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.began
}

// count returns how many events there were.
func (h *history) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.first + len(h.lines)
}

// from returns at most so many lines of those after number has, and how many came before the
// first of them: more than has if some are no longer kept.
func (h *history) from(has, most int) (lines [][]byte, first int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	begin := min(max(has-h.first, 0), len(h.lines))
	end := min(begin+most, len(h.lines))
	return h.lines[begin:end:end], h.first + begin
}

// last returns at most so many events, the last ones or those up to number until, and how
// many came before them. Events are numbered from 1, as the lines of the record are.
func (h *history) last(most, until int) (events []event.Event, first int) {
	h.mu.Lock()
	end := len(h.lines)
	if until > 0 {
		end = max(min(until-h.first, end), 0)
	}
	begin := max(end-most, 0)
	lines, first := h.lines[begin:end:end], h.first+begin
	h.mu.Unlock()
	events = make([]event.Event, len(lines))
	for i, line := range lines {
		_ = json.Unmarshal(line, &events[i]) // it was encoded here
	}
	return events, first
}

// filter says which events a diagram shows.
type filter struct {
	processes []string // those of which one takes part in it; empty: all
	text      string   // that it has; "": any
	all       bool     // also messages that carry nothing that was typed
}

// choose returns the indices of the events that pass.
func (f filter) choose(events []event.Event) (chosen []int) {
	typed := make(map[string]bool)
	for i, e := range events {
		if e.Kind == event.Typed && strings.TrimSpace(e.Text) != "" {
			typed[e.Text] = true
		}
		last := len(chosen) - 1
		if f.passes(e, typed) || last >= 0 && befell(e, events[chosen[last]]) {
			chosen = append(chosen, i)
		}
	}
	return chosen
}

// befell returns whether an event is what a fault has made of a line that was sent.
func befell(e, sent event.Event) bool {
	if e.Kind != event.Dropped && e.Kind != event.Held || e.Link == nil || sent.Link == nil {
		return false
	}
	return sent.Kind == event.Sent && sent.Time.Equal(e.Time) && sent.Link.Connection == e.Link.Connection && sent.Link.From == e.Link.From
}

func (f filter) passes(e event.Event, typed map[string]bool) bool {
	if len(f.processes) > 0 && !slices.ContainsFunc(f.processes, func(name string) bool {
		return e.Process == name || e.Link != nil && (e.Link.From == name || e.Link.To == name)
	}) {
		return false
	}
	if f.text != "" && !strings.Contains(e.Text, f.text) {
		return false
	}
	message := e.Kind == event.Sent || e.Kind == event.Received || e.Kind == event.Dropped || e.Kind == event.Held
	return f.all || !message || carries(e, typed)
}

// carries returns whether a message has a text that was typed, or is the first of its
// connection.
func carries(e event.Event, typed map[string]bool) bool {
	if e.Link != nil && e.Link.Offset == 0 && (e.Kind == event.Sent || e.Kind == event.Received) {
		return true
	}
	for text := range typed {
		if strings.Contains(e.Text, text) {
			return true
		}
	}
	return false
}
