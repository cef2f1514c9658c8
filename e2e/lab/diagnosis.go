package lab

import (
	"fmt"
	"slices"
	"strings"

	bench "peerlab/lab"
)

// failure is an assertion that does not hold. Its checks look for the reason, from
// outside: at the exits, screens, sockets, processor time and messages of the programs.
type failure struct {
	lab     *Lab
	process *Process     // that does not do what is asserted; nil: no certain one
	stream  bench.Stream // of the process, if it is about lines
	waited  bool         // the time for it has run out
	missing []string     // lines that are not there
	extra   []string     // lines that should not be there
	file    func() bool  // looks again for a file that was not there; nil: it is about no file
	ended   bool         // a check has ended the process, to see what it does then
}

// checks are in the order in which they are asked: the first that finds something
// ends the first line of the failure. Those that end the process are the last but for
// what they may explain better.
var checks = []func(*failure) string{
	(*failure).exited,
	(*failure).nearLines,
	(*failure).ownLine,
	(*failure).notListening,
	(*failure).notConnected,
	(*failure).busy,
	(*failure).heldBack,
	(*failure).heldFile,
	(*failure).onTheWire,
	(*failure).otherScreens,
	(*failure).silent,
}

// diagnosis is the end of the first line of the message: "; ", what the fault is, and
// what to do. "" if no check finds any.
func (f *failure) diagnosis() string {
	for _, check := range checks {
		if found := check(f); found != "" {
			return semicolon(found)
		}
	}
	return ""
}

// semicolon puts one before a sentence, if there is any.
func semicolon(sentence string) string {
	if sentence == "" {
		return ""
	}
	return "; " + sentence
}

// fail ends the test with a message, whose first line says what was expected and what
// the fault is, the last lines of every screen, where to find the rest, and how to play
// it again.
func (f *failure) fail(format string, args ...any) {
	f.lab.t.Helper()
	f.lab.reported.Store(true)
	report, screens := f.lab.report(f.process), f.lab.lastScreens() // before a check may end the process
	diagnosis := f.diagnosis()
	if f.ended && diagnosis != "" {
		report, screens = f.lab.report(f.process), f.lab.lastScreens()
	}
	message := fmt.Sprintf(format, args...) + diagnosis
	f.lab.About(f.points()...)
	f.lab.failed(message, screens, f.where())
	f.lab.t.Fatalf("%s\n%s", message, report)
}

// lines reports whether it is about what the process shows, or did not show in time.
func (f *failure) aboutLines() bool {
	return f.process != nil && (f.waited || len(f.missing) > 0)
}

// running returns the processes that run, that of the failure first.
func (f *failure) running() (all []*Process) {
	for _, p := range f.lab.Processes() {
		switch e := p.now(); {
		case e == nil || !e.Running():
		case p == f.process:
			all = slices.Insert(all, 0, p)
		default:
			all = append(all, p)
		}
	}
	return all
}

// ownLine finds that a process shows what was typed at it.
func (f *failure) ownLine() string {
	for _, line := range f.extra {
		if _, by := typedAs(f.lab.events(), line); f.process != nil && slices.Contains(by, f.process.Name()) {
			return fmt.Sprintf("that was typed at %s itself, which should send it to the others, and not show it", f.process.Name())
		}
	}
	return ""
}

// otherScreens names the screens with a line that is missing on one of them, or that
// should be on no more than one.
func (f *failure) otherScreens() string {
	for _, line := range f.missing {
		if on := f.screensWith(line); len(on) > 0 && f.process != nil {
			return fmt.Sprintf("%q is on the screen of %s, and should be on that of %s as well",
				shorten(line), strings.Join(on, ", "), f.process.Name())
		}
	}
	for _, line := range f.extra {
		_, by := typedAs(f.lab.events(), line)
		if on := f.screensWith(line); len(on) > 0 && len(by) == 0 && f.process != nil {
			return fmt.Sprintf("%q is on the screen of %s, too: is a line broadcast that is for one program only?",
				shorten(line), strings.Join(on, ", "))
		}
	}
	return ""
}

// screensWith names the other processes that show a line, since their marks.
func (f *failure) screensWith(line string) (names []string) {
	for _, p := range f.lab.Processes() {
		if p != f.process && p.now() != nil && hasLine(p.output().Since(p.mark()).Lines, line) {
			names = append(names, p.Name())
		}
	}
	return names
}

// silent names processes on pipes that have printed nothing since they were started.
func (f *failure) silent() string {
	if !f.waited {
		return ""
	}
	var names []string
	all := f.running()
	if f.ended {
		all = append(all, f.process)
	}
	for _, p := range all {
		if v := p.output().Since(0); p.mayHold() && v.Next == 0 && v.Partial == "" {
			names = append(names, p.Name())
		}
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, ", ") + " printed nothing: if it is written in C, Python or Java its output may be held in a buffer; " +
		"flush after each line (C: fflush(stdout), Python: python3 -u, Java: System.out.flush())"
}
