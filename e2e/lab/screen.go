package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	bench "peerlab/lab"
)

// lineTimeout is for a line that must come. A machine whose disk is busy can
// hold up a program that writes to a file and waits for it to be safe.
const lineTimeout = 20 * time.Second

// Screen is an output of a process, as a test looks at it: its screen, or its
// standard error ([Process.Stderr]), from the last mark of this life on.
// Lines are compared whole and byte for byte, those of foreign programs but for
// their endings: see withoutEnding. An assertion that waits gives up
// as soon as the process has ended.
type Screen struct {
	process  *Process
	stream   bench.Stream
	patience time.Duration
	needed   []*Process // see While
}

// Stderr is the process's standard error.
func (p *Process) Stderr() Screen {
	s := p.Screen
	s.stream = bench.Stderr
	return s
}

// Within is the same screen with another patience.
func (s Screen) Within(limit time.Duration) Screen {
	s.patience = limit
	return s
}

// While is the same screen for waits that give up as soon as one of these
// processes has exited: what is awaited depends on them.
func (s Screen) While(needed ...*Process) Screen {
	s.needed = needed
	return s
}

// Sees waits until every one of these lines is there, in whatever order.
func (s Screen) Sees(lines ...string) {
	s.process.lab.t.Helper()
	missing := s.process.allCompared(lines)
	if len(missing) == 0 {
		return
	}
	s.await(wanted{
		what:  func() string { return linesText(missing) },
		lines: func() []string { return missing },
	}, func(l Line) bool {
		missing = slices.DeleteFunc(missing, func(want string) bool { return want == s.process.compared(l.Text) })
		return len(missing) == 0
	})
}

// SeesOnce is Sees, and requires that by then no line of these is there twice.
// That none comes twice later takes a [Barrier].
func (s Screen) SeesOnce(lines ...string) {
	s.process.lab.t.Helper()
	s.Sees(lines...)
	for _, line := range lines {
		if n := s.Count(line); n != 1 {
			s.process.lab.fail("%v %s %q %s, expected once, %s", s.process, s.verb("shows", "writes"), shorten(line), times(n), s.since())
		}
	}
}

// SeesInOrder waits until these lines are there in this order, whatever is
// between them.
func (s Screen) SeesInOrder(lines ...string) {
	s.process.lab.t.Helper()
	next := 0
	if len(lines) == 0 {
		return
	}
	lines = s.process.allCompared(lines)
	s.await(wanted{
		what: func() string {
			return fmt.Sprintf("line %q%s (line %d of %d in order)", shorten(lines[next]), after(lines[:next]), next+1, len(lines))
		},
		lines: func() []string { return lines[next : next+1] },
	}, func(l Line) bool {
		if s.process.compared(l.Text) == lines[next] {
			next++
		}
		return next == len(lines)
	})
}

// linesText is "line "a"" or "lines "a", "b"".
func linesText(lines []string) string {
	if len(lines) == 1 {
		return "line " + quoteAll(lines)
	}
	return "lines " + quoteAll(lines)
}

// after says behind which line, the last of these, the next is expected.
func after(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return fmt.Sprintf(" after %q", shorten(lines[len(lines)-1]))
}

// Contains waits for a line that contains text, and returns that line.
func (s Screen) Contains(text string) string {
	s.process.lab.t.Helper()
	var found string
	s.Collects(func() string { return fmt.Sprintf("a line with %q in it", text) }, func(l Line) bool {
		found = l.Text
		return strings.Contains(l.Text, text)
	})
	return found
}

// Collects hands over every line as it comes until take has enough; what says
// what is awaited, and is asked when that has not come.
func (s Screen) Collects(what func() string, take func(Line) bool) {
	s.process.lab.t.Helper()
	s.await(wanted{what: what, lines: func() []string { return nil }}, take)
}

// At waits for a line and returns when it arrived, for the first time since
// the mark. Lines that arrive together have the same time: which of two was
// first is for [Screen.SeesInOrder].
func (s Screen) At(line string) time.Time {
	s.process.lab.t.Helper()
	var at time.Time
	line = s.process.compared(line)
	s.await(wanted{
		what:  func() string { return linesText([]string{line}) },
		lines: func() []string { return []string{line} },
	}, func(l Line) bool {
		at = l.At
		return s.process.compared(l.Text) == line
	})
	return at
}

// Count is how often the line is there now. See [Barrier] for what to do first.
func (s Screen) Count(line string) int {
	s.process.lab.t.Helper()
	line = s.process.compared(line)
	n := 0
	for _, l := range s.Lines() {
		if s.process.compared(l.Text) == line {
			n++
		}
	}
	return n
}

// Lines are the lines there now. It ends the test if the screen showed so much
// since the mark that the oldest of them were not kept.
func (s Screen) Lines() []Line {
	s.process.lab.t.Helper()
	v := s.output().Since(s.mark())
	if gone := v.Next - len(v.Lines) - s.mark(); gone > 0 {
		s.process.lab.fail("%v printed more than the %d bytes that the lab keeps: the first %d lines %s are gone (does it print in a loop?)",
			s.process, bench.MaxOutput, gone, s.since())
	}
	return v.Lines
}

func (s Screen) output() *bench.Output { return s.process.now().Output(s.stream) }
func (s Screen) mark() int             { return s.process.now().marks[s.stream] }

// since says which lines count, in the report's time.
func (s Screen) since() string {
	if e := s.process.now(); !e.marked.IsZero() {
		return fmt.Sprintf("since %s (earlier lines do not count)", strings.TrimSpace(s.process.lab.clock(e.marked)))
	}
	return "since its start"
}

func (s Screen) String() string { return fmt.Sprintf("%v, %v", s.process, s.stream) }

// verb chooses the word for this stream.
func (s Screen) verb(screen, stderr string) string {
	if s.stream == bench.Stdout {
		return screen
	}
	return stderr + " to its stderr"
}

// wanted is what a wait is for.
type wanted struct {
	what  func() string   // for messages: "line "hello""
	lines func() []string // whole lines that are missing, if it is about such
	quiet bool            // that it has come is no step of the scenario
}

// await feeds each line since the mark to take, once, first at once and then on every
// change, until it returns true.
func (s Screen) await(w wanted, take func(Line) bool) {
	s.process.lab.t.Helper()
	e, next := s.process.now(), s.mark()
	what := w.what() // as it is before it comes
	timer := time.NewTimer(s.patience)
	defer timer.Stop()
	for late := false; ; {
		exit := s.process.lab.Exited()
		fresh := e.Output(s.stream).Since(next)
		next = fresh.Next
		if slices.ContainsFunc(fresh.Lines, take) {
			if !w.quiet {
				s.process.lab.met(s.process, fmt.Sprintf("%v %s %s", s.process, s.verb("shows", "writes"), what))
			}
			return
		}
		if fresh.Ended {
			<-e.Ended() // the status follows
			s.failure(w.lines()).fail("%v %s before it %s %s, %s",
				s.process, e.Outcome(), s.verb("showed", "wrote"), w.what(), s.since())
		}
		if gone := exitedOf(s.needed); gone != nil {
			s.process.lab.failAt(gone, "%v %s while %v was expected to %s %s",
				gone, gone.now().Outcome(), s.process, s.verb("show", "write"), w.what())
		}
		if late {
			s.tooLate(w)
		}
		select {
		case <-fresh.Changed:
		case <-exit:
		case <-timer.C:
			late = true // though what came in time may not have been looked at
		}
	}
}

// tooLate ends the test because what was awaited has not come in time.
func (s Screen) tooLate(w wanted) {
	s.process.lab.t.Helper()
	f := s.failure(w.lines())
	f.waited = true
	f.fail("%v did not %s %s within %v, %s",
		s.process, s.verb("show", "write"), w.what(), s.patience, s.since())
}

// failure is what is known when lines are missing.
func (s Screen) failure(missing []string) *failure {
	return &failure{lab: s.process.lab, process: s.process, stream: s.stream, missing: missing}
}

// exitedOf returns the first of these processes that does not run, nil if all do.
func exitedOf(processes []*Process) *Process {
	for _, p := range processes {
		if !p.now().Running() {
			return p
		}
	}
	return nil
}
