package lab

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	bench "peerlab/lab"
	"peerlab/lab/evidence"
	"peerlab/lab/grade"
)

// tailLines is how much of each screen a failure message shows, and maxShown
// how much of one line.
const (
	tailLines = 20
	maxShown  = 200
)

// fail ends the test because of what is no single process's doing: see failure.fail.
func (l *Lab) fail(format string, args ...any) {
	l.t.Helper()
	l.failAt(nil, format, args...)
}

// failAt is fail for a fault of one process, if any, whose screens come first.
func (l *Lab) failAt(p *Process, format string, args ...any) {
	l.t.Helper()
	(&failure{lab: l, process: p}).fail(format, args...)
}

// Fail is for a test that found something wrong by means of its own: it ends
// the test as the assertions of the lab do, with every screen.
func (l *Lab) Fail(format string, args ...any) {
	l.t.Helper()
	l.fail(format, args...)
}

// report is the last lines of all outputs of all lives that have any, those of
// the process at fault first.
func (l *Lab) report(atFault *Process) string {
	all := l.Processes()
	if atFault != nil {
		all = slices.DeleteFunc(all, func(p *Process) bool { return p == atFault })
		all = slices.Insert(all, 0, atFault)
	}
	var b strings.Builder
	for _, p := range all {
		fmt.Fprintf(&b, "── %s: %s ──\n", p.Name(), p.Command())
		for _, e := range p.Process.Lives() {
			for _, s := range []bench.Stream{bench.Stdout, bench.Stderr} {
				l.reportOutput(&b, p, e, s, e.Output(s).Since(0), p == atFault)
			}
		}
	}
	dir := l.artifactDir()
	fmt.Fprintf(&b, "all screens, and a timeline: %s\nwhy, with a diagram: %s\nplay it again: %s", dir, filepath.Join(dir, evidence.File), l.again())
	return b.String()
}

// reportOutput writes the last lines of one output, with the seconds since the
// test began. An empty stderr is worth a line only where a fault is.
func (l *Lab) reportOutput(b *strings.Builder, p *Process, e *bench.Life, s bench.Stream, v bench.View, atFault bool) {
	empty := len(v.Lines) == 0 && v.Partial == ""
	if empty && s == bench.Stderr && !atFault {
		return
	}
	fmt.Fprintf(b, "── %s, %s: %s ──\n", p.inLife(e), [...]string{"screen (stdout)", "stderr"}[s], state(e, v)+p.endingText(v.Lines))
	for _, line := range v.Lines[max(0, len(v.Lines)-tailLines):] {
		fmt.Fprintf(b, "%s  %s\n", l.clock(line.At), shorten(line.Text))
	}
	if v.Partial != "" {
		fmt.Fprintf(b, "%9s  %s\n", "", shorten(v.Partial))
	}
}

// state says in a few words how much a life showed and what became of it.
func state(e *bench.Life, v bench.View) string {
	state := "still runs"
	if !e.Running() {
		state = e.Outcome()
	}
	if v.Partial != "" || len(v.Lines) > 0 && v.Lines[len(v.Lines)-1].Cut {
		state += "; the last line has no line end"
	}
	switch v.Next {
	case 0:
		return "no lines; " + state
	case 1:
		return "1 line; " + state
	default:
		return fmt.Sprintf("%d lines; %s", v.Next, state)
	}
}

// Replay sets the command that plays the test again, for the report. Without
// it, that is make and the name of the test.
func (l *Lab) Replay(command string) { l.replay = command }

// again is the command that plays the test again, with the programs that the
// environment has play a role.
func (l *Lab) again() string {
	command := l.replay
	if command == "" {
		command = "make e2e-native"
		if l.run.container {
			command = "make e2e"
		}
		command += " IN=" + l.run.folder + " RUN=" + bench.QuoteWords(l.t.Name())
	}
	told := settings()
	for _, who := range slices.Sorted(maps.Keys(told)) {
		if _, err := bench.ForeignProgram(told[who]); err == nil {
			command = variable(who) + "=" + bench.QuoteWords(told[who]) + " " + command
		}
	}
	var original grade.Original
	if json.Unmarshal([]byte(os.Getenv(originalVariable)), &original) != nil { // none is named
		return command
	}
	return original.Command(command)
}

// clock is a time since the test's beginning.
func (l *Lab) clock(at time.Time) string {
	return fmt.Sprintf("%8.3fs", at.Sub(l.began).Seconds())
}

// times says how often, in words.
func times(n int) string {
	switch n {
	case 0:
		return "not at all"
	case 1:
		return "once"
	default:
		return fmt.Sprintf("%d times", n)
	}
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
