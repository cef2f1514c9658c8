package diagram

import (
	"slices"

	"peerlab/lab/event"
)

// Screen is a part of what one life of a process has shown.
type Screen struct {
	Process string
	Life    int
	Above   int // lines that are not here, but above
	Lines   []Line
	Below   int // and below
}

// Line is a line of a screen.
type Line struct {
	Text    string
	Event   int  // its line in the record, if it is drawn; or else 0
	Offence bool // the slice is about it
	Missing bool // it is not there, and should be
}

// Lines above and below the one that a screen is about.
const (
	linesAbove = 9
	linesBelow = 4
)

// Screens returns what stood on the screens of the processes of a slice, around the lines
// that it is about or else the last that are drawn. That of its first point is the first.
func (r *Run) Screens(s Slice) (all []Screen) {
	var order []int
	add := func(process int) {
		if process != none && r.processes[process].name != other && len(r.processes[process].lives) > 0 && !slices.Contains(order, process) {
			order = append(order, process)
		}
	}
	for _, m := range s.missing {
		add(r.process(m.Process))
	}
	for _, i := range s.points {
		add(r.nodes[i].at)
	}
	for _, i := range s.chosen {
		add(r.nodes[i].at)
	}
	for _, p := range order {
		all = append(all, r.screen(s, p))
	}
	return all
}

// screen returns the part of a process's screen that a slice is about.
func (r *Run) screen(s Slice, process int) Screen {
	center, end := none, none
	for _, i := range s.chosen {
		n := &r.nodes[i]
		if n.at != process || n.Kind != event.Shown {
			continue
		}
		end = i
		if slices.Contains(s.points, i) && (center == none || i == s.points[0]) {
			center = i
		}
	}
	if center == none {
		center = end
	}
	if center == none && len(s.chosen) > 0 { // what stood there at the end of the slice
		for i := s.chosen[len(s.chosen)-1]; i >= 0 && center == none; i-- {
			if n := &r.nodes[i]; n.at == process && n.Kind == event.Shown {
				center = i
			}
		}
	}
	out := Screen{Process: r.processes[process].name}
	for _, m := range s.missing {
		if m.Process == out.Process {
			out.Life, center = m.Life, none
		}
	}
	if out.Life == 0 && center != none {
		out.Life = r.nodes[center].Life
	}
	if out.Life == 0 {
		out.Life = len(r.processes[process].lives)
	}
	var shown []int
	for i := range r.nodes {
		if n := &r.nodes[i]; n.Kind == event.Shown && n.at == process && n.Life == out.Life {
			shown = append(shown, i)
		}
	}
	at := len(shown) - 1
	if center != none {
		at = slices.Index(shown, center)
	}
	from, to := max(0, at-linesAbove), min(len(shown), at+1+linesBelow)
	out.Above, out.Below = from, len(shown)-to
	for _, i := range shown[from:to] {
		line := Line{Text: r.nodes[i].Text, Offence: s.offence(i)}
		if _, drawn := slices.BinarySearch(s.chosen, i); drawn {
			line.Event = r.nodes[i].number
		}
		out.Lines = append(out.Lines, line)
	}
	for _, m := range s.missing {
		if m.Process == out.Process {
			out.Lines = append(out.Lines, Line{Text: m.Text, Missing: true})
		}
	}
	return out
}

// Text returns the events of a slice as lines of text, each with its number in the record.
func (r *Run) Text(s Slice) (all []Line) {
	for _, i := range s.chosen {
		all = append(all, Line{Text: r.title(i), Event: r.nodes[i].number})
	}
	return all
}
