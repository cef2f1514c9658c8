package diagram

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"peerlab/lab/event"
)

// Run is the record of a run with what a diagram needs to know of it: what happened at
// which process, in which order, and which message caused what.
type Run struct {
	nodes     []node
	processes []process // in the order of their columns
	faults    []fault
	origins   []int // of each node: the typed one whose text it carries; -1: none
	typed     typedTexts
	began     time.Time
}

// node is an event. -1 is the index of none.
type node struct {
	line
	at, to int    // processes: where it happened, and the other end of its link
	before [2]int // the nodes before it at these processes

	message
	fault int // of which group of faults it is the beginning or the end
}

// process is a column of the diagram.
type process struct {
	name   string
	lives  []span
	pauses []span
}

// span is from one node to another; to is -1 if it does not end.
type span struct{ from, to int }

const none = -1

// New reads a record.
func New(events []event.Event) *Run { return NewPart(events, nil) }

// NewPart reads some events of a record, whose lines in it have these numbers: from 1, and 0
// for one that is not in the record. Without numbers it is the whole record.
func NewPart(events []event.Event, numbers []int) *Run {
	lines := make([]line, len(events))
	for i, e := range events {
		if !complete(e) {
			e.Kind, e.Link = incomplete, nil
		}
		lines[i] = line{e, i + 1}
		if numbers != nil {
			lines[i].number = numbers[i]
		}
	}
	r := newRun(lines)
	if order := r.reordered(lines); order != nil {
		return newRun(order)
	}
	return r
}

// incomplete is the kind of events that lack what their own kind is about, as in a record
// that was made by others.
const incomplete event.Kind = "incomplete"

// complete reports whether an event names the process or the link that its kind is about.
func complete(e event.Event) bool {
	switch e.Kind {
	case event.Fault, event.Healed:
		return true // an empty end stands for all processes
	case event.Started, event.Exited, event.Typed, event.Shown, event.Logged:
		return e.Process != ""
	case event.Connected, event.Sent, event.Received, event.Dropped, event.Held, event.Closed, event.Reset:
		return e.Process == "" && e.Link != nil && e.Link.From != "" && e.Link.To != ""
	}
	return e.Link == nil || e.Link.From != "" && e.Link.To != ""
}

func newRun(lines []line) *Run {
	r := &Run{nodes: make([]node, len(lines))}
	if len(lines) > 0 {
		r.began = lines[0].Time
	}
	for i, l := range lines {
		r.nodes[i] = node{line: l, at: none, to: none, before: [2]int{none, none}, message: message{cause: none, received: none}, fault: none}
	}
	r.findProcesses()
	r.findLives()
	r.order()
	r.matchMessages()
	r.groupFaults()
	r.findOrigins()
	return r
}

func (r *Run) seconds(i int) float64 { return r.nodes[i].Time.Sub(r.began).Seconds() }

// findProcesses gives each process a column: those of one kind side by side, by their
// numbers, and the kinds in the order in which they appear.
func (r *Run) findProcesses() {
	seen, kinds := map[string]bool{}, map[string]int{}
	for i := range r.nodes {
		for _, name := range r.nodes[i].names() {
			if name == "" || seen[name] {
				continue
			}
			seen[name] = true
			r.processes = append(r.processes, process{name: name})
			kind, _ := split(name)
			if _, known := kinds[kind]; !known {
				kinds[kind] = len(kinds)
			}
		}
	}
	slices.SortStableFunc(r.processes, func(a, b process) int {
		kindA, numberA := split(a.name)
		kindB, numberB := split(b.name)
		return cmp.Or(after(kindA == other, kindB == other), cmp.Compare(kinds[kindA], kinds[kindB]), cmp.Compare(numberA, numberB))
	})
	columns := map[string]int{"": none}
	for i, p := range r.processes {
		columns[p.name] = i
	}
	for i := range r.nodes {
		n := &r.nodes[i]
		switch {
		case n.Process != "":
			n.at = columns[n.Process]
		case n.Link == nil:
		case n.Kind == event.Received:
			n.at, n.to = columns[n.Link.To], columns[n.Link.From]
		default:
			n.at, n.to = columns[n.Link.From], columns[n.Link.To]
		}
	}
}

// other is the name of what is no program of the lab: see peerlab/lab/wire. Its column is
// the last.
const other = "other"

func after(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (n *node) names() []string {
	if n.Link != nil {
		return []string{n.Process, n.Link.From, n.Link.To}
	}
	return []string{n.Process}
}

// split returns the name of a process without its number, and the number.
func split(name string) (kind string, number int) {
	kind = strings.TrimRight(name, "0123456789")
	number, _ = strconv.Atoi(name[len(kind):]) // 0 if there is none
	return kind, number
}

// Words of the record for what the lab does to a process: see peerlab/lab.
const (
	paused  = "pause"
	resumed = "resume"
)

// findLives finds when each process ran, and when it was paused.
func (r *Run) findLives() {
	end := func(spans []span, i int) {
		if last := len(spans) - 1; last >= 0 && spans[last].to == none {
			spans[last].to = i
		}
	}
	for i := range r.nodes {
		n := &r.nodes[i]
		if n.Process == "" {
			continue
		}
		p := &r.processes[n.at]
		switch {
		case n.Kind == event.Started:
			end(p.lives, i)
			p.lives = append(p.lives, span{i, none})
		case n.Kind == event.Exited:
			end(p.lives, i)
			end(p.pauses, i)
		case n.Kind == event.Fault && n.Text == paused:
			p.pauses = append(p.pauses, span{i, none})
		case n.Kind == event.Fault && n.Text == resumed:
			end(p.pauses, i)
		}
	}
}

// process returns the index of a process; -1 if there is none.
func (r *Run) process(name string) int {
	return slices.IndexFunc(r.processes, func(p process) bool { return p.name == name })
}

// runs reports whether a process runs when a node happens. What is no program of the lab
// always does.
func (r *Run) runs(process, i int) bool {
	p := &r.processes[process]
	if len(p.lives) == 0 {
		return true
	}
	return slices.ContainsFunc(p.lives, func(s span) bool { return s.from <= i && (s.to == none || i <= s.to) })
}
