package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// tailLines is how much of each screen a failure message shows, and maxShown
// how much of one line.
const (
	tailLines = 20
	maxShown  = 200
)

// fail ends the test with a message, the last lines of every screen, and where
// to find the rest.
func (l *Lab) fail(format string, args ...any) {
	l.t.Helper()
	l.reported.Store(true)
	l.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), l.report())
}

// Fail is for a test that found something wrong by means of its own: it ends
// the test as the assertions of the lab do, with every screen.
func (l *Lab) Fail(format string, args ...any) {
	l.t.Helper()
	l.fail(format, args...)
}

// report is the last lines of all outputs of all epochs that have any; those of
// the bench's own programs are among the artifacts.
func (l *Lab) report() string {
	var b strings.Builder
	for _, p := range l.Processes() {
		for _, e := range p.history() {
			for s, r := range e.outputs {
				v := r.since(0)
				if len(v.lines) == 0 && v.partial == "" && stream(s) == stderr {
					continue
				}
				fmt.Fprintf(&b, "── %s, epoch %d, %v, %s ──\n", p.Name(), e.number, stream(s), e.state(v))
				for _, line := range v.lines[max(0, len(v.lines)-tailLines):] {
					fmt.Fprintf(&b, "%s  %s\n", l.clock(line.At), shorten(line.Text))
				}
				if v.partial != "" {
					fmt.Fprintf(&b, "%9s  %s\n", "", shorten(v.partial))
				}
			}
		}
	}
	fmt.Fprintf(&b, "all screens: %s", l.artifactDir())
	return b.String()
}

// state says in a few words how much an epoch showed and what became of it.
func (e *epoch) state(v view) string {
	state := "running"
	if !e.alive() {
		state = fmt.Sprintf("ended with status %d", e.status)
	}
	return fmt.Sprintf("%d lines, %s", v.next, state)
}

// clock is a time since the test's beginning.
func (l *Lab) clock(at time.Time) string {
	return fmt.Sprintf("%8.3fs", at.Sub(l.began).Seconds())
}

// shorten makes a line fit for a message: not too long, and nothing in it that
// would steer the reader's terminal.
func shorten(line string) string {
	size := ""
	if len(line) > maxShown {
		size = fmt.Sprintf("… (%d bytes)", len(line))
		line = strings.ToValidUTF8(line[:maxShown], "")
	}
	if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
		line = strconv.Quote(line)
	}
	return line + size
}

// quoteAll lists lines, the first of them if there are many.
func quoteAll(lines []string) string {
	if len(lines) == 0 {
		return "none"
	}
	shown := slices.Clone(lines[:min(len(lines), tailLines)])
	for i, line := range shown {
		shown[i] = `"` + shorten(line) + `"`
	}
	if more := len(lines) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(shown, ", ")
}
