package diagram

import (
	"slices"
	"time"

	"peerlab/lab/event"
)

// Sizes, in pixels.
const (
	timeWidth   = 74   // of the column of times
	fullWidth   = 1180 // of a picture of its own, if the columns allow it
	insideWidth = 940  // of one beside screens
	leastWidth  = 640  // of the legend
	leastColumn = 132
	mostColumn  = 230
	headHeight  = 40
	rowHeight   = 22
	gapHeight   = 20
	mostHeight  = 20_000 // of a diagram in real time
	headsEvery  = 1_500  // the names of the processes stand again and again
)

// sameRow is how far apart in time two events in one row may be, and gap is how long
// nothing must happen for the diagram to say so.
const (
	sameRow = 2 * time.Millisecond
	gap     = 250 * time.Millisecond
)

// layout says where everything is.
type layout struct {
	*Run
	Slice
	columns []int // of processes: their number from the left; -1: it is not drawn
	drawn   []int // the processes that are, from the left
	column  float64
	width   float64
	height  float64

	rows []row
	row  map[int]int // of nodes
}

// row is what happens at the same height.
type row struct {
	at     time.Time
	y      float64
	gap    time.Duration // of nothing, before it
	cells  map[int][]int // nodes by process
	across bool          // it is about links, or the whole run
	alone  bool          // it is across, or the offence: no other has a place beside it
}

// arrange arranges a slice: the order of rows is that of causes and effects, and of time.
func (r *Run) arrange(s Slice, o Options) *layout {
	l := &layout{Run: r, Slice: s, row: map[int]int{}}
	l.chooseColumns()
	l.column = min(max((o.width()-timeWidth)/float64(max(len(l.drawn), 1)), leastColumn), mostColumn)
	l.width = max(timeWidth+l.column*float64(len(l.drawn)), leastWidth)
	bottom := make([]int, len(r.processes)) // the row of the last node of each process
	for i := range bottom {
		bottom[i] = none
	}
	for _, i := range s.chosen {
		l.put(i, bottom)
	}
	l.place(o.RealTime)
	return l
}

func (l *layout) chooseColumns() {
	used := make([]bool, len(l.processes))
	use := func(p int) {
		if p != none {
			used[p] = true
		}
	}
	for _, i := range l.chosen {
		use(l.nodes[i].at)
		use(l.nodes[i].to)
		if f := l.nodes[i].fault; f != none && len(l.faults[f].links) == 1 {
			for _, link := range l.faults[f].links {
				for _, name := range []string{link.From, link.To} {
					use(l.process(name))
				}
			}
		}
	}
	for _, m := range l.missing {
		use(l.process(m.Process))
	}
	l.columns = make([]int, len(used))
	for p := range used {
		l.columns[p] = none
		if used[p] {
			l.columns[p] = len(l.drawn)
			l.drawn = append(l.drawn, p)
		}
	}
}

func (o Options) width() float64 {
	if o.Inside {
		return insideWidth
	}
	return fullWidth
}

// x is where the line of a process is.
func (l *layout) x(process int) float64 { return timeWidth + 20 + l.column*float64(l.columns[process]) }

// y is where a node is.
func (l *layout) y(i int) float64 { return l.rows[l.row[i]].y }

// put finds a row for a node: below what came before it at its process and what caused it,
// with others that happened at the same time.
func (l *layout) put(i int, bottom []int) {
	n := &l.nodes[i]
	least := 0
	across := n.Process == "" && (n.Kind == event.Fault || n.Kind == event.Healed) || n.at == none
	if n.at != none && bottom[n.at] != none {
		least = bottom[n.at] + 1
		if l.sameMessage(i, l.rows[bottom[n.at]].cells[n.at]) {
			least--
		}
	}
	if n.cause != none {
		if r, drawn := l.row[n.cause]; drawn {
			least = max(least, r+1)
		}
	}
	at := len(l.rows)
	alone := across || l.offence(i)
	for k := len(l.rows) - 1; k >= least && !alone && !l.rows[k].alone && n.Time.Sub(l.rows[k].at) <= sameRow; k-- {
		at = k
	}
	if at == len(l.rows) {
		l.rows = append(l.rows, row{at: n.Time, cells: map[int][]int{}, across: across, alone: alone})
	}
	cell := &l.rows[at]
	cell.cells[n.at] = append(cell.cells[n.at], i)
	l.row[i] = at
	if n.at != none && !across {
		bottom[n.at] = at
	}
}

// offence reports whether a node is the line that the slice is about.
func (s *Slice) offence(i int) bool {
	return len(s.missing) == 0 && len(s.points) > 0 && s.points[0] == i
}

// sameMessage reports whether a node sends what these nodes send, to another.
func (l *layout) sameMessage(i int, cell []int) bool {
	n := &l.nodes[i]
	return n.Kind == event.Sent && !slices.ContainsFunc(cell, func(j int) bool {
		m := &l.nodes[j]
		return m.Kind != event.Sent || m.Text != n.Text || m.Bytes != n.Bytes || m.to == n.to || n.Time.Sub(m.Time) > sameRow
	})
}

// place gives the rows their heights on the page.
func (l *layout) place(realTime bool) {
	y := float64(headHeight)
	if realTime && len(l.rows) > 1 {
		y = l.placeByTime()
	} else {
		for i := range l.rows {
			if i > 0 {
				if d := l.rows[i].at.Sub(l.rows[i-1].at); d >= gap {
					l.rows[i].gap = d
					y += gapHeight
				}
			}
			y += rowHeight
			l.rows[i].y = y
		}
	}
	l.height = y + rowHeight*float64(1+len(l.missing))
}

// placeByTime places the rows so that equal times are equal heights, and returns the last
// height. There is room for labels where there is time.
func (l *layout) placeByTime() float64 {
	began, took := l.rows[0].at, time.Duration(0)
	for _, r := range l.rows { // the last may not be the latest
		took = max(took, r.at.Sub(began))
	}
	height := min(max(rowHeight*float64(len(l.rows)), 400), mostHeight)
	y := 0.0
	for i := range l.rows { // one that stands late in the record is not above its cause
		y = max(y, headHeight+rowHeight+height*l.rows[i].at.Sub(began).Seconds()/max(took.Seconds(), 1e-6))
		l.rows[i].y = y
	}
	return y
}

// heightOf is the height of a moment: that of the last node that is drawn and not after it.
func (l *layout) heightOf(i int) float64 {
	k, found := slices.BinarySearch(l.chosen, i)
	switch {
	case found:
		return l.y(i)
	case k == 0:
		return headHeight
	}
	return l.y(l.chosen[k-1]) + rowHeight/2
}

// end is the height at which a span ends.
func (l *layout) end(s span) float64 {
	if s.to == none {
		return l.height
	}
	return l.heightOf(s.to)
}
