package diagram

import (
	"fmt"
	"strings"

	"peerlab/lab/event"
)

// mark is the path of what stands on the line of a process: the kinds differ in form, so
// that colours tell nothing that forms do not.
func mark(n *node, x, y float64) string {
	switch n.Kind {
	case event.Typed:
		return fmt.Sprintf("M%.0f %.0fl9 5-9 5z", x-10, y-5)
	case event.Shown:
		return fmt.Sprintf("M%.0f %.0fh10v8h-10z", x-5, y-4)
	case event.Logged:
		return fmt.Sprintf("M%.0f %.0fh8v0m-8 3h8", x-4, y-1)
	case event.Started:
		return circle(x, y, 5)
	case event.Exited:
		bar := fmt.Sprintf("M%.0f %.0fh16", x-8, y)
		if strings.Contains(n.Text, "status 0") {
			return bar
		}
		return bar + cross(x, y, 6)
	case event.Fault:
		return cross(x, y, 6)
	case event.Dropped, event.Reset:
		return cross(x, y, 4)
	case event.Held:
		return fmt.Sprintf("M%.0f %.0fv8m4-8v8", x-2, y-4)
	case event.Closed:
		return fmt.Sprintf("M%.0f %.0fh8", x-4, y)
	case event.Met:
		return fmt.Sprintf("M%.0f %.0fl3 4 6-8", x-5, y)
	case event.Failed:
		return circle(x, y, 7) + cross(x, y, 4)
	case event.Sent:
		return circle(x, y, 3)
	}
	return circle(x, y, 2)
}

func circle(x, y, r float64) string {
	return fmt.Sprintf("M%.0f %.0fa%.0f %.0f 0 1 0 %.0f 0a%.0f %.0f 0 1 0 %.0f 0", x-r, y, r, r, 2*r, r, r, -2*r)
}

func cross(x, y, r float64) string {
	return fmt.Sprintf("M%.1f %.1fl%.0f %.0fm0 %.0fl%.0f %.0f", x-r, y-r, 2*r, 2*r, -2*r, -2*r, 2*r)
}

// lostAt is how much of its way is drawn of a message that has not arrived, and resentAt
// where the cross of one is that was sent again.
const (
	lostAt   = 0.55
	resentAt = 0.35
)

// arrow draws the way of a message, or a connection.
func (c *canvas) arrow(i int) {
	n := &c.nodes[i]
	if n.Kind != event.Sent && n.Kind != event.Connected || n.to == n.at {
		return
	}
	x, y, to := c.x(n.at), c.y(i), c.x(n.to)
	if n.Kind == event.Connected {
		c.add(`<path class="connection" d="M%.0f %.0fH%.0f"/>`+"\n", x, y, to)
		return
	}
	f := c.fate(i)
	if f == lost {
		at, below := x+lostAt*(to-x), y+rowHeight*0.8
		c.way(i, "lost", fmt.Sprintf("M%.0f %.0fL%.1f %.1f%s", x, y, at, below, cross(at, below, 5)), "")
		return
	}
	if _, drawn := c.row[n.received]; !drawn {
		return
	}
	below := c.y(n.received)
	side := 1.0
	if to < x {
		side = -1
	}
	to -= side * 3
	head := fmt.Sprintf("M%.1f %.1fl%.0f -1m%.0f 1l%.0f -6", to, below, -side*8, side*8, -side*7)
	if below == y {
		head = fmt.Sprintf("M%.1f %.1fl%.0f -4m%.0f 4l%.0f 4", to, below, -side*8, side*8, -side*8)
	}
	switch f {
	case again:
		head += cross(x+resentAt*(to-x), y+resentAt*(below-y), 4)
	case unread:
		head += cross(to-side*14, below-2, 4)
	}
	c.way(i, f.String(), fmt.Sprintf("M%.0f %.0fL%.1f %.1f", x, y, to, below), head)
}

// way draws the line and the head of an arrow.
func (c *canvas) way(i int, class, line, head string) {
	if c.press {
		c.add(`<g id="w%d"><title>%s</title><path class="hit" d="%s"/>`, c.nodes[i].number, escape(c.title(i)), line)
	}
	c.add(`<path class="arrow %s" d="%s"/>`, class, line)
	if head != "" {
		c.add(`<path class="arrow" d="%s"/>`, head)
	}
	if c.press {
		c.add("</g>")
	}
	c.add("\n")
}
