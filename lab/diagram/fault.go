package diagram

import (
	"slices"
	"strings"
	"time"

	"peerlab/lab/event"
)

// fault is what was done to links: the same to each, and at once.
type fault struct {
	span
	text  string
	links []event.Link // an empty end stands for all processes
}

// atOnce is how long the lab may take to put a fault on several links.
const atOnce = 200 * time.Millisecond

// groupFaults puts the faults of links together that began and ended together. One that
// replaces another on its link ends that.
func (r *Run) groupFaults() {
	type open struct {
		node int
		link event.Link
	}
	var on []open
	ends := map[int]int{} // of each fault, by its node
	for i := range r.nodes {
		n := &r.nodes[i]
		if n.Process != "" || n.Link == nil || n.Kind != event.Fault && n.Kind != event.Healed {
			continue
		}
		on = slices.DeleteFunc(on, func(o open) bool {
			if o.link == *n.Link {
				ends[o.node] = i
			}
			return o.link == *n.Link
		})
		if n.Kind == event.Fault {
			on = append(on, open{i, *n.Link})
			ends[i] = none
		}
	}
	for i := range r.nodes {
		end, begins := ends[i]
		if !begins {
			continue
		}
		n := &r.nodes[i]
		g := slices.IndexFunc(r.faults, func(f fault) bool {
			return f.text == n.Text && r.together(f.from, i) && r.together(f.to, end) &&
				!slices.Contains(f.links, *n.Link)
		})
		if g < 0 {
			g = len(r.faults)
			r.faults = append(r.faults, fault{span: span{i, end}, text: n.Text})
		}
		f := &r.faults[g]
		f.links = append(f.links, *n.Link)
		n.fault = g
		if end != none {
			r.nodes[end].fault = g
			f.to = min(f.to, end)
		}
	}
}

// together reports whether two nodes are near each other in time, or both none.
func (r *Run) together(i, j int) bool {
	if i == none || j == none {
		return i == j
	}
	return r.nodes[i].Time.Sub(r.nodes[j].Time).Abs() <= atOnce
}

// on returns the columns of the processes at one end of a fault's links.
func (r *Run) on(names []string) (columns []int) {
	for c, p := range r.processes {
		if slices.Contains(names, p.name) || slices.Contains(names, "") && p.name != other {
			columns = append(columns, c)
		}
	}
	return columns
}

// String says what is done to which links.
func (f *fault) String() string {
	from, to, back := f.sides()
	switch n := pairs(from, to); {
	case back:
		return f.text + ", " + list(from) + " ⇄ " + list(to)
	case n == len(f.links):
		return f.text + ", " + list(from) + " → " + list(to)
	}
	text := f.text
	for _, name := range from { // not all to all
		var its []string
		for _, l := range f.links {
			if l.From == name {
				its = append(its, l.To)
			}
		}
		text += "; " + list([]string{name}) + " → " + list(its)
	}
	return text
}

// sides returns the names at both ends of a fault's links. With back true each link has
// one in the other direction, and is named once, if the two sides have no name in common.
func (f *fault) sides() (from, to []string, back bool) {
	back = true
	for _, l := range f.links {
		back = back && slices.Contains(f.links, event.Link{From: l.To, To: l.From})
	}
	for _, turned := range []bool{back, false} {
		from, to = nil, nil
		for _, l := range f.links {
			if turned && (slices.Contains(from, l.To) || slices.Contains(to, l.From)) {
				continue // it is named already, the other way
			}
			if !slices.Contains(from, l.From) {
				from = append(from, l.From)
			}
			if !slices.Contains(to, l.To) {
				to = append(to, l.To)
			}
		}
		if turned && (2*pairs(from, to) == len(f.links) || pairs(from, to) == 1) {
			return from, to, true
		}
	}
	return from, to, false
}

// pairs is how many links there are from each of these to each of those; 0 if the two have
// a name in common that does not stand for all.
func pairs(from, to []string) int {
	for _, name := range from {
		if name != "" && slices.Contains(to, name) {
			return 0
		}
	}
	return len(from) * len(to)
}

// list names processes; an empty name stands for all.
func list(names []string) string {
	if len(names) == 1 && names[0] == "" {
		return "all"
	}
	return strings.Join(names, ", ")
}
