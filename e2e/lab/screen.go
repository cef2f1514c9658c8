package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// lineTimeout is for a line that must come. A machine whose disk is busy can
// hold up a program that writes to a file and waits for it to be safe.
const lineTimeout = 20 * time.Second

// Screen is an output of a process, as a test looks at it: its screen, or its
// standard error ([Process.Stderr]), from the last mark of this epoch on.
// Lines are compared whole and byte for byte. An assertion that waits gives up
// as soon as the process has ended.
type Screen struct {
	process  *Process
	stream   stream
	patience time.Duration
	reason   string // what the patience is called
}

// Stderr is the process's standard error.
func (p *Process) Stderr() Screen {
	s := p.Screen
	s.stream = stderr
	return s
}

// Within is the same screen with another patience; reason names it in failure
// messages.
func (s Screen) Within(limit time.Duration, reason string) Screen {
	s.patience, s.reason = limit, reason
	return s
}

// Sees waits until every one of these lines is there, in whatever order.
func (s Screen) Sees(lines ...string) {
	s.process.lab.t.Helper()
	missing := slices.Clone(lines)
	if len(missing) == 0 {
		return
	}
	s.await(func() string { return "line " + quoteAll(missing) }, func(l Line) bool {
		missing = slices.DeleteFunc(missing, func(want string) bool { return want == l.Text })
		return len(missing) == 0
	})
}

// SeesOnce is Sees, and requires that by then no line of these is there twice.
// That none comes twice later takes a [Fence].
func (s Screen) SeesOnce(lines ...string) {
	s.process.lab.t.Helper()
	s.Sees(lines...)
	for _, line := range lines {
		if n := s.Count(line); n != 1 {
			s.process.lab.fail("%v shows %q %d times, not once, %s", s, line, n, s.since())
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
	s.await(func() string { return fmt.Sprintf("line %q, number %d of those in order", lines[next], next+1) },
		func(l Line) bool {
			if l.Text == lines[next] {
				next++
			}
			return next == len(lines)
		})
}

// Contains waits for a line that contains text, and returns that line.
func (s Screen) Contains(text string) string {
	s.process.lab.t.Helper()
	var found string
	s.await(func() string { return fmt.Sprintf("line with %q in it", text) }, func(l Line) bool {
		found = l.Text
		return strings.Contains(l.Text, text)
	})
	return found
}

// Collects hands over every line as it comes until take has enough; what says
// what is awaited, and is asked when that has not come.
func (s Screen) Collects(what func() string, take func(Line) bool) {
	s.process.lab.t.Helper()
	s.await(what, take)
}

// At waits for a line and returns when it arrived, for the first time since
// the mark. Lines that arrive together have the same time: which of two was
// first is for [Screen.SeesInOrder].
func (s Screen) At(line string) time.Time {
	s.process.lab.t.Helper()
	var at time.Time
	s.await(func() string { return fmt.Sprintf("line %q", line) }, func(l Line) bool {
		at = l.At
		return l.Text == line
	})
	return at
}

// Count is how often the line is there now. See [Fence] for what to do first.
func (s Screen) Count(line string) int {
	s.process.lab.t.Helper()
	n := 0
	for _, l := range s.Lines() {
		if l.Text == line {
			n++
		}
	}
	return n
}

// Lines are the lines there now. It ends the test if the screen showed so much
// since the mark that the oldest of them were not kept.
func (s Screen) Lines() []Line {
	s.process.lab.t.Helper()
	v := s.record().since(s.mark())
	if gone := v.next - len(v.lines) - s.mark(); gone > 0 {
		s.process.lab.fail("%v has lost its first %d lines, %s: more than %d bytes came", s, gone, s.since(), maxRecord)
	}
	return v.lines
}

// Prompts waits until the last line, which has no LF yet, is text.
func (s Screen) Prompts(text string) {
	s.process.lab.t.Helper()
	s.wait(func() string { return fmt.Sprintf("prompt %q", text) }, func(v view) bool { return v.partial == text })
}

func (s Screen) record() *record { return s.process.now().outputs[s.stream] }
func (s Screen) mark() int       { return s.process.now().marks[s.stream] }

func (s Screen) since() string {
	if s.mark() > 0 {
		return "since the mark"
	}
	return "since its start"
}

func (s Screen) String() string { return fmt.Sprintf("%v, %v,", s.process, s.stream) }

// await feeds each line since the mark to take, once, until it returns true.
func (s Screen) await(what func() string, take func(Line) bool) {
	s.process.lab.t.Helper()
	s.wait(what, func(fresh view) bool { return slices.ContainsFunc(fresh.lines, take) })
}

// wait calls done with what came since it last did, first at once and then on
// every change, until it returns true.
func (s Screen) wait(what func() string, done func(fresh view) bool) {
	s.process.lab.t.Helper()
	e, next := s.process.now(), s.mark()
	timer := time.NewTimer(s.patience)
	defer timer.Stop()
	for late := false; ; {
		fresh := e.outputs[s.stream].since(next)
		next = fresh.next
		switch {
		case done(fresh):
			return
		case fresh.ended:
			s.process.lab.fail("%v ended with status %d and shows no %s, %s", s, e.status, what(), s.since())
		case late:
			s.process.lab.fail("%v shows no %s, %s, after %v (%s)", s, what(), s.since(), s.patience, s.reason)
		}
		select {
		case <-fresh.changed:
		case <-timer.C:
			late = true // though what came in time may not have been looked at
		}
	}
}
