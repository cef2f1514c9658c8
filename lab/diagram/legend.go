package diagram

import (
	"fmt"

	"peerlab/lab/event"
)

// legendHeight is the height of the legend, below the diagram.
const (
	legendHeight = 80
	legendLeft   = 24.0
)

// legend says what each form means.
func (c *canvas) legend() {
	c.add(`<g class="legend">`)
	x, y := legendLeft, c.height+18
	say := func(class, text string, width float64, path func() string) {
		room := width + 18 + letter*float64(len(text))
		if x+room > c.width && x > legendLeft {
			x, y = legendLeft, y+18
		}
		c.add(`<g class="%s"><path d="%s"/></g>`, class, path())
		c.text("label", x+width, y+4, text)
		x += room
	}
	for _, of := range []struct {
		kind  event.Kind
		text  string
		width float64
	}{
		{event.Typed, "typed", 4},
		{event.Shown, "shown on the screen", 10},
		{event.Logged, "stderr", 9},
		{event.Started, "started", 10},
		{event.Exited, "exited", 12},
		{event.Fault, "what the lab did", 12},
	} {
		say(string(of.kind), of.text, of.width, func() string {
			return mark(&node{line: line{Event: event.Event{Kind: of.kind, Text: "status 0"}}}, x, y)
		})
	}
	for _, of := range []struct {
		fate fate
		text string
	}{{arrived, "a line sent and received"}, {heldUp, "held up by a fault"}, {again, "dropped, and sent again by TCP"}, {lost, "lost"}} {
		say("arrow "+of.fate.String(), of.text, 34, func() string {
			path := fmt.Sprintf("M%.0f %.0fh26", x, y)
			switch of.fate {
			case lost:
				return path + cross(x+26, y, 4)
			case again:
				return path + cross(x+9, y, 4) + fmt.Sprintf("M%.0f %.0fl-6 -3m6 3l-6 3", x+26, y)
			}
			return path + fmt.Sprintf("M%.0f %.0fl-6 -3m6 3l-6 3", x+26, y)
		})
	}
	c.add("</g>\n")
	c.text("label soft", legendLeft-8, y+20, "An arrow means: may have caused. The bench sees that a line reached a process, not that the program read it.")
}
