package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Where there is nothing to be notified of, the lab looks every lookInterval
// until lookTimeout.
const (
	lookInterval = 10 * time.Millisecond
	lookTimeout  = 20 * time.Second
)

// Eventually waits until ok is true, and ends the test if it does not get so;
// what describes the state that is awaited. It is for what makes itself known
// in no other way. Wait for a line wherever there is one, and use
// [Process.Eventually] for the doing of one process.
func (l *Lab) Eventually(what string, ok func() bool) {
	l.t.Helper()
	l.eventually(awaitedState(func() string { return what }), nil, ok)
}

// Eventually is [Lab.Eventually] for a state that only this process can bring
// about: it gives up as soon as the process has exited.
func (p *Process) Eventually(what string, ok func() bool) {
	p.lab.t.Helper()
	p.lab.eventually(awaitedState(func() string { return what }), []*Process{p}, ok)
}

// awaited says in a failure message what did not come about.
type awaited struct {
	late   func() string // the whole first line, after lookTimeout
	before func() string // after "NAME exited with status N before "
	file   func() bool   // as in failure
}

func awaitedState(what func() string) awaited {
	return awaited{
		late:   func() string { return fmt.Sprintf("not so within %v: %s", lookTimeout, what()) },
		before: func() string { return "this was so: " + what() },
	}
}

// eventually waits until ok is true, as long as one of the makers runs, if
// there are any.
func (l *Lab) eventually(w awaited, makers []*Process, ok func() bool) {
	l.t.Helper()
	timer := time.NewTimer(lookTimeout)
	defer timer.Stop()
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for late := false; ; {
		exited := allExited(makers) // first, so that ok sees all that they did
		if ok() {
			if p := firstOf(makers); p != nil {
				l.met(p, fmt.Sprintf("%v: %s", p, w.before()))
			}
			return
		}
		if exited {
			p := makers[0]
			l.failAt(p, "%v %s before %s", p, p.now().Outcome(), w.before())
		}
		if late {
			(&failure{lab: l, process: firstOf(makers), file: w.file}).fail("%s", w.late())
		}
		select {
		case <-ticker.C:
		case <-timer.C:
			late = true // but it may be so by now
		}
	}
}

func allExited(processes []*Process) bool {
	for _, p := range processes {
		if p.now().Running() {
			return false
		}
	}
	return len(processes) > 0
}

func firstOf(processes []*Process) *Process {
	if len(processes) == 0 {
		return nil
	}
	return processes[0]
}

// FileHolds waits until a file's content is as it should be; what describes
// that. A missing file counts as empty. It gives up as soon as all processes
// have exited whose data folder the file is in.
func (l *Lab) FileHolds(path, what string, ok func(content string) bool) {
	l.t.Helper()
	var writers []*Process
	for _, p := range l.Processes() {
		if strings.HasPrefix(path, p.Dir()+string(filepath.Separator)) {
			writers = append(writers, p)
		}
	}
	var content []byte
	describe := func() string {
		return fmt.Sprintf("%s (the file %s holds %q)", what, path, shorten(string(content)))
	}
	l.eventually(awaitedState(describe), writers, func() bool {
		content, _ = os.ReadFile(path)
		return ok(string(content))
	})
}
