package diagram

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"unicode/utf8"

	"peerlab/lab/event"
)

// Options change how a slice is drawn.
type Options struct {
	RealTime bool // equal times have equal heights; else each event has a row
	Inside   bool // the SVG is for a page that has Style
	// Press is for a page on which a person presses events: the way of a message is a group
	// with the id w and the number of the event that sent it, and what the slice is about is
	// an event that was chosen, not one that is wrong. The page has styles for .hit, which is
	// where a way can be pressed, and .chosen.
	Press bool
}

// Style is the style sheet of all diagrams. It has a dark and a light form.
//
//go:embed style.css
var Style string

// Draw draws a slice as SVG. It needs no script, refers to nothing outside, and has no
// style in attributes. Each event is a group whose id is e and its line in the record.
func (r *Run) Draw(s Slice, o Options) []byte {
	l := r.arrange(s, o)
	c := &canvas{layout: l, labels: map[int]float64{}, press: o.Press, wrong: "✗ "}
	if o.Press {
		c.wrong = ""
	}
	height := l.height + legendHeight
	c.add(`<svg xmlns="http://www.w3.org/2000/svg" class="diagram" role="img" aria-label="%s" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f">`+"\n",
		escape(r.Says(s)), l.width, height, l.width, height)
	if !o.Inside { // browsers look for the document's title from its beginning, again for each title in it
		c.add("<title>Space-time diagram</title>\n<style>%s</style>\n", Style)
	}
	c.add(`<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"><path class="hatch" d="M0 6 6 0"/></pattern></defs>` + "\n")
	c.add(`<rect class="back" width="100%%" height="100%%"/>` + "\n")
	c.times(o.RealTime)
	for _, r := range c.rows { // below all else
		if r.across {
			c.add(`<rect class="across" x="%d" y="%.0f" width="%.0f" height="18" rx="3"/>`, timeWidth, r.y-9, c.width-timeWidth-4)
		}
	}
	c.faults()
	c.lives()
	for _, i := range s.chosen { // below the marks
		c.arrow(i)
	}
	for _, i := range s.chosen {
		c.event(i)
	}
	c.missing()
	c.legend()
	c.add("</svg>\n")
	return c.Bytes()
}

// Says says how much of a run a slice is.
func (r *Run) Says(s Slice) string {
	text := fmt.Sprintf("%d of the %d events of the record are drawn", s.size(), len(r.nodes))
	if s.before < len(r.nodes) {
		text += fmt.Sprintf("; %d may have caused the marked one", max(s.before-1, 0))
	}
	if !slices.ContainsFunc(r.nodes, func(n node) bool { return n.Kind == event.Sent || n.Kind == event.Connected }) {
		text += ". The record has nothing of the network"
	}
	return text + "."
}

// size is how many events a slice has.
func (s *Slice) size() int { return len(s.chosen) + len(s.missing) }

// canvas writes SVG.
type canvas struct {
	bytes.Buffer
	*layout
	labels map[int]float64 // by process: the height of its last label
	press  bool
	wrong  string // before the text of what is wrong
}

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(c, format, args...) }

func (c *canvas) text(class string, x, y float64, text string) {
	c.add(`<text class="%s" x="%.0f" y="%.0f">%s</text>`, class, x, y, escape(text))
}

// event draws what happened.
func (c *canvas) event(i int) {
	n := &c.nodes[i]
	class := "other"
	if slices.Contains(event.Kinds, n.Kind) { // not what a record made by others says
		class = string(n.Kind)
	}
	switch {
	case c.offence(i) && c.press:
		class += " chosen"
	case c.offence(i):
		class += " offence"
	case slices.Contains(c.points, i):
		class += " point"
	}
	y := c.y(i)
	c.add(`<g id="e%d" class="%s"><title>%s</title>`, n.number, class, escape(c.title(i)))
	if c.rows[c.row[i]].across {
		c.across(i, y)
	} else {
		x := c.x(n.at)
		c.frame(i, x, y)
		c.add(`<path d="%s"/>`, mark(n, x, y))
		c.label(i, x, y)
	}
	c.add("</g>\n")
}

// leastLabel is how far apart labels must be, and labelMargin what a label leaves of a
// column's width.
const (
	leastLabel  = 12
	labelMargin = 36
)

// label writes what a mark is, if there is room and it is not said already.
func (c *canvas) label(i int, x, y float64) {
	n := &c.nodes[i]
	cell := c.rows[c.row[i]].cells[n.at]
	if n.Kind == event.Received || cell[0] != i {
		return
	}
	if n.Kind == event.Sent && slices.ContainsFunc(cell, func(j int) bool { return c.columns[c.nodes[j].to] > c.columns[n.at] }) {
		y -= 4 // the arrow begins below
	} else {
		y += 4
	}
	if last, any := c.labels[n.at]; any && y-last < leastLabel {
		return
	}
	c.labels[n.at] = y
	class, room := "label", c.column-labelMargin
	if n.Kind == event.Typed || n.Kind == event.Shown || n.Kind == event.Sent {
		class += " line"
	}
	text := n.label()
	if c.offence(i) {
		text, room = c.wrong+text, c.width-x-labelMargin/2
	}
	c.text(class, x+10, y, fit(text, room))
}

// frame draws a frame around a mark that the slice is about, if it is, and its label.
func (c *canvas) frame(i int, x, y float64) {
	switch {
	case c.offence(i):
		c.wideFrame(x, y, c.wrong+c.nodes[i].label())
	case slices.Contains(c.points, i):
		c.add(`<rect class="frame" x="%.0f" y="%.0f" width="%.0f" height="20" rx="3"/>`, x-12, y-10, c.column-6)
	}
}

// wideFrame draws a frame that is as wide as a text, over other columns if need be.
func (c *canvas) wideFrame(x, y float64, text string) {
	width := float64(utf8.RuneCountInString(fit(text, c.width-x-labelMargin/2)))*letter*1.05 + labelMargin
	width = min(max(width, c.column-6), c.width-x+10)
	c.add(`<rect class="frame" x="%.0f" y="%.0f" width="%.0f" height="20" rx="3"/>`, x-12, y-10, width)
}

// across draws what is about links or about the whole run.
func (c *canvas) across(i int, y float64) {
	n := &c.nodes[i]
	text := n.label()
	if n.fault != none {
		f := &c.Run.faults[n.fault]
		text = f.String()
		if n.Kind == event.Healed || i != f.from {
			text = "healed: " + text
		} else {
			text = "fault: " + text
		}
	}
	c.text("label wide", timeWidth+8, y+4, fit(text, c.width-timeWidth-20))
}

// missing draws the lines that are on no screen and should be.
func (c *canvas) missing() {
	y := c.height - rowHeight*float64(len(c.Slice.missing))
	for k, m := range c.Slice.missing {
		x := c.x(c.process(m.Process))
		class := "missing point"
		if k == 0 {
			class = "missing offence"
		}
		text := "✗ missing: " + m.Text
		c.add(`<g class="%s"><title>%s</title>`, class, escape(fit("not on the screen of "+m.Process+": "+m.Text, 400*letter)))
		c.wideFrame(x, y, text)
		c.add(`<path d="%s"/>`, cross(x, y, 4))
		c.text("label line", x+10, y+4, fit(text, c.width-x-labelMargin/2))
		c.add("</g>\n")
		y += rowHeight
	}
}
