package diagram

import (
	"cmp"
	"slices"

	"peerlab/lab/event"
)

// MostEvents is how many events a slice has at most, unless told otherwise.
const MostEvents = 40

// Slice is a part of a run: what a diagram draws.
type Slice struct {
	chosen  []int // in the order of the record
	points  []int // of them, those that it is about, the first one first
	missing []Point
	before  int // how many nodes may have caused them
}

// All is the whole run.
func (r *Run) All() Slice {
	s := Slice{before: len(r.nodes)}
	for i := range r.nodes {
		n := &r.nodes[i]
		if n.told || n.Kind == event.Run || n.fault != none && r.faults[n.fault].from != i && r.faults[n.fault].to != i {
			continue
		}
		s.chosen = append(s.chosen, i)
	}
	return s
}

// Around chooses what a person needs to see of the possible past of some points, the first
// of which counts most, in at most so many events: the points; the way of their texts over
// the network; what was done to links and processes meanwhile; where else the texts went;
// and what the processes showed last before.
func (r *Run) Around(points []Point, most int) Slice {
	c := chooser{Run: r, most: most, is: make([]bool, len(r.nodes)), begin: len(r.nodes), end: r.scenarioEnd()}
	c.points(points)
	c.ways()
	c.lives()
	c.troubles()
	c.trails()
	c.context()
	c.chosen = nil
	for i, is := range c.is {
		if is {
			c.chosen = append(c.chosen, i)
		}
	}
	return c.Slice
}

// scenarioEnd is the node at which the scenario failed, or else the last one.
func (r *Run) scenarioEnd() int {
	if i := slices.IndexFunc(r.nodes, func(n node) bool { return n.Kind == event.Failed }); i >= 0 {
		return i
	}
	return len(r.nodes) - 1
}

// chooser makes a slice.
type chooser struct {
	*Run
	Slice
	most  int
	count int
	is    []bool

	first      int    // the process of the first point
	texts      []goal // that the points carry
	past       []bool
	begin, end int // the time that matters
	involved   []int
}

// goal is a text and the process where it matters.
type goal struct{ origin, at int }

// add chooses a node, and the other end of its message, if there is room.
func (c *chooser) add(i int) bool {
	all := []int{i}
	for _, end := range []int{c.nodes[i].cause, c.nodes[i].received} {
		if end != none {
			all = append(all, end)
		}
	}
	all = slices.DeleteFunc(all, func(i int) bool { return c.is[i] })
	if c.count+len(all) > c.most {
		return false
	}
	for _, i := range all {
		c.is[i] = true
		c.involve(c.nodes[i].at)
	}
	c.count += len(all)
	return true
}

func (c *chooser) involve(process int) {
	if process != none && !slices.Contains(c.involved, process) {
		c.involved = append(c.involved, process)
	}
}

// points chooses the points, and what was typed that they carry.
func (c *chooser) points(points []Point) {
	c.first = none
	var of []int
	last := none
	for _, p := range points {
		i, at, typed := c.find(p), c.process(p.Process), none
		switch {
		case i != none:
			c.add(i)
			c.Slice.points = append(c.Slice.points, i)
			of, at, typed, last = append(of, i), c.nodes[i].at, c.origins[i], max(last, i)
			c.begin = min(c.begin, i)
		case p.Missing && at != none:
			c.missing = append(c.missing, p)
			c.count++
			c.involve(at)
			typed, last = c.typist(len(c.nodes)-1, p.Text, c.Run.typed.endOf(p.Text)), max(last, c.end)
			for j := range c.nodes[:c.end+1] { // all that happened there may be why
				if c.nodes[j].at == at && c.nodes[j].ordered() && c.nodes[j].Kind != event.Sent {
					i = j
				}
			}
			if i != none {
				of = append(of, i)
			}
		}
		if c.first == none {
			c.first = at
		}
		if typed != none {
			c.add(typed)
			c.begin = min(c.begin, typed)
			c.texts = append(c.texts, goal{typed, at})
		}
	}
	if len(c.texts) == 0 {
		c.begin = 0
	}
	if last != none {
		c.end = min(c.end, last)
	}
	c.past, c.before = c.Run.past(of)
}

// ways chooses how each text came to the process where it matters, or where it was lost.
func (c *chooser) ways() {
	for _, g := range c.texts {
		c.way(g, len(c.processes))
	}
}

// way goes back from a process to where the text was typed, over at most so many others.
func (c *chooser) way(g goal, most int) {
	if g.at == c.nodes[g.origin].at || most == 0 {
		return
	}
	for i := range c.nodes {
		n := &c.nodes[i]
		if c.origins[i] != g.origin || n.Kind != event.Sent || n.to != g.at {
			continue
		}
		c.add(i)
		if n.received != none {
			c.way(goal{g.origin, n.at}, most-1)
			return
		}
	}
}

// lives chooses the beginnings and ends of the processes involved, and what was done to
// any, from the beginning of what matters to its end.
func (c *chooser) lives() {
	var all []int
	for i := range c.nodes[:c.end+1] {
		n := &c.nodes[i]
		its := slices.Contains(c.involved, n.at)
		switch {
		case n.Process == "":
		case n.Kind == event.Fault && (i >= c.begin || its && len(c.texts) == 0 || c.pausedUntil(n.at, i) > c.begin):
			all = append(all, i)
		case (n.Kind == event.Started && n.Life > 1 || n.Kind == event.Exited) && (i >= c.begin || its && len(c.texts) == 0):
			all = append(all, i)
		}
	}
	c.nearest(all, c.most/3)
}

// pausedUntil is the node that ends the pause which another one begins; -1 if it does not
// begin any.
func (c *chooser) pausedUntil(process, i int) int {
	for _, s := range c.processes[process].pauses {
		if s.from == i && s.to == none {
			return len(c.nodes)
		} else if s.from == i {
			return s.to
		}
	}
	return none
}

// troubles chooses the faults of links that were on while it mattered, those between the
// processes involved first.
func (c *chooser) troubles() {
	for _, involved := range []bool{true, false} {
		var all []int
		for _, f := range c.faults {
			from, to, _ := f.sides()
			its := c.any(from) && c.any(to)
			if its == involved && f.from <= c.end && (f.to == none || f.to >= c.begin) {
				all = append(all, f.from)
				if f.to != none && f.to <= c.end && its {
					all = append(all, f.to)
				}
			}
		}
		c.nearest(all, c.most/(map[bool]int{true: 4, false: 10}[involved]))
	}
}

// any reports whether one of these processes is involved.
func (c *chooser) any(names []string) bool {
	return slices.ContainsFunc(c.on(names), func(p int) bool { return slices.Contains(c.involved, p) })
}

// nearest chooses the last of these before the end, at most so many.
func (c *chooser) nearest(all []int, most int) {
	slices.SortFunc(all, func(a, b int) int { return cmp.Compare(b, a) })
	for _, i := range all[:min(len(all), most)] {
		c.add(i)
	}
}

// trails chooses where else the texts went.
func (c *chooser) trails() {
	for _, kind := range []event.Kind{event.Shown, event.Sent} {
		for i := range c.nodes[:c.end+1] {
			if c.nodes[i].Kind == kind && slices.ContainsFunc(c.texts, func(g goal) bool { return c.origins[i] == g.origin }) {
				c.add(i)
			}
		}
	}
}

// contextLines is how many lines at the process of the first point are chosen, and
// contextMessages how many of its messages and of stderr if no text leads to the point.
const (
	contextLines    = 4
	contextMessages = 5
)

// context chooses what was last, in the possible past, at the process of the first point,
// and if no text leads there, what it received.
func (c *chooser) context() {
	lines, messages := contextLines, 0
	if len(c.texts) == 0 {
		messages = contextMessages
	}
	for i := c.end; i >= 0 && lines+messages > 0; i-- {
		n := &c.nodes[i]
		if !c.past[i] || c.is[i] || n.at != c.first || n.Text == "" {
			continue
		}
		switch n.Kind {
		case event.Shown, event.Typed:
			if lines > 0 && c.add(i) {
				lines--
			}
		case event.Logged:
			if messages > 0 && c.add(i) {
				messages--
			}
		case event.Received, event.Connected, event.Closed, event.Reset:
			if messages > 0 && c.add(i) {
				messages--
			}
		}
	}
}
