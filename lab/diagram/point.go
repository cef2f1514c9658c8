package diagram

import (
	"slices"
	"strings"

	"peerlab/lab/event"
)

// Point is a line that a diagram is about: one that was shown or typed, or is missing on a
// screen. Without a text it is a life of a process.
type Point struct {
	Process string
	Life    int        // from 1; 0: any
	Kind    event.Kind // Shown if empty
	Text    string
	Nth     int  // of several lines with the same text, which; 0 and 1: the first
	Missing bool // the line is not there
}

// Number is the point of an event, by its line in the record, from 1.
func (r *Run) Number(line int) (p Point, ok bool) {
	p = Point{Nth: line, Kind: anyEvent}
	return p, line > 0 && r.find(p) != none
}

func (r *Run) point(i int) (Point, bool) {
	if i == none {
		return Point{}, false
	}
	return r.Number(r.nodes[i].number)
}

// anyEvent is the kind of points whose Nth is a line of the record.
const anyEvent event.Kind = "event"

// Last returns the point of the last event that has a text in it, on a screen if there is
// such, or else anywhere.
func (r *Run) Last(text string) (p Point, ok bool) {
	found := none
	for i := range r.nodes {
		n := &r.nodes[i]
		if strings.Contains(n.Text, text) && n.at != none && (n.Kind == event.Shown || found == none || r.nodes[found].Kind != event.Shown) {
			found = i
		}
	}
	return r.point(found)
}

// Failure returns the point at which the scenario failed, or else of the last line on any
// screen, or else of the last event of any process.
func (r *Run) Failure() (p Point, ok bool) {
	last, shown := none, none
	for i := range r.nodes {
		switch n := &r.nodes[i]; {
		case n.Kind == event.Failed:
			return r.point(i)
		case n.Kind == event.Shown:
			shown = i
		case n.at != none:
			last = i
		}
	}
	if shown != none {
		last = shown
	}
	return r.point(last)
}

// find returns the node of a point; -1 if there is none.
func (r *Run) find(p Point) int {
	if p.Kind == anyEvent {
		return slices.IndexFunc(r.nodes, func(n node) bool { return n.number == p.Nth })
	}
	if p.Missing {
		return none
	}
	kind := p.Kind
	switch {
	case p.Text == "":
		kind = event.Started
	case kind == "":
		kind = event.Shown
	}
	left := max(p.Nth, 1)
	for i := range r.nodes {
		n := &r.nodes[i]
		if n.Kind != kind || n.Process != p.Process || p.Life != 0 && n.Life != p.Life || p.Text != "" && !same(n.Text, p.Text) {
			continue
		}
		if left--; left == 0 {
			return i
		}
	}
	return none
}

// same reports whether a text of the record is a line, but for blanks at its end and for
// what the record has cut off.
func same(recorded, line string) bool {
	if len(line) > event.MaxText {
		return len(recorded) > event.MaxText-4 && strings.HasPrefix(line, recorded)
	}
	return strings.TrimRight(recorded, " \t\r") == strings.TrimRight(line, " \t\r")
}
