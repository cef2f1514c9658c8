package diagram

import (
	"fmt"
	"strconv"
	"strings"

	"peerlab/lab/event"
	"peerlab/lab/visible"
)

// escape returns a text as XML, in an element or in an attribute, so that it only shows.
func escape(text string) string { return special.Replace(visible.Text(text)) }

var special = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// letter is the width of a letter of a label, in pixels.
const letter = 6.3

// fit returns the beginning of a text that fits into so many pixels.
func fit(text string, pixels float64) string {
	text = visible.Text(text)
	room := pixels / letter
	for at, r := range text {
		room--
		if r >= 0x1100 { // most of these are twice as wide
			room--
		}
		if room < 1 && at < len(text)-1 {
			return text[:at] + "…"
		}
	}
	return text
}

// label is what stands at a node.
func (n *node) label() string {
	switch n.Kind {
	case event.Sent, event.Received:
		return n.content()
	case event.Dropped, event.Held:
		if n.Bytes == 0 {
			return string(n.Kind) + ": a packet without data"
		}
		return string(n.Kind) + ": " + n.content()
	case event.Started:
		if n.Life > 1 {
			return fmt.Sprintf("started, life %d", n.Life)
		}
		return "started"
	case event.Exited:
		return n.Text
	case event.Connected:
		return "connected to " + n.Link.To
	case event.Closed:
		return "closed to " + n.Link.To
	case event.Reset:
		return "reset to " + n.Link.To
	case event.Met:
		return "seen: " + n.Text
	case event.Lost:
		return fmt.Sprintf("%d events or packets are missing here", n.Bytes)
	}
	return n.Text
}

// content is what was sent: text, or how much that is no text.
func (n *node) content() string {
	if n.Text != "" {
		return n.Text
	}
	if n.Bytes == 1 {
		return "1 byte"
	}
	return strconv.Itoa(n.Bytes) + " bytes"
}

// endsLine reports whether what was sent ended with a line end. Long texts of the record
// are cut, and say nothing of it.
func (n *node) endsLine() bool { return n.Text == "" || n.Bytes > len(n.Text) }

// title is what a pointer that rests on a node shows.
func (r *Run) title(i int) string {
	n := &r.nodes[i]
	text := fmt.Sprintf("event %d, at %.6f s: %s", n.number, r.seconds(i), n.Event)
	switch n.Kind {
	case event.Sent:
		if says := r.fate(i).says(); says != "" {
			text += "; " + says
		}
		if !n.endsLine() {
			text += "; without a line end"
		}
	case event.Shown:
		text += r.screenBefore(i)
	}
	return visible.Text(text)
}

// screenLines is how many lines of a screen a title has.
const screenLines = 4

// screenBefore is the end of a screen when a line was shown.
func (r *Run) screenBefore(i int) string {
	var lines []string
	p := r.nodes[i].at
	for j := r.prior(i, p); j != none && len(lines) < screenLines; j = r.prior(j, p) {
		if n := &r.nodes[j]; n.Kind == event.Shown && n.Life == r.nodes[i].Life {
			lines = append(lines, fit(n.Text, 80*letter))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	text := "; above it on the screen:"
	for k := len(lines) - 1; k >= 0; k-- {
		text += " | " + lines[k]
	}
	return text
}
