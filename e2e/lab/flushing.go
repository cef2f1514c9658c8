package lab

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"time"

	bench "peerlab/lab"
)

const (
	// heldTimeout is for a program to exit after the end of its input, and again
	// after SIGINT, when a test has failed.
	heldTimeout = time.Second
	// exitBurst is the time before an exit in which a program writes what it held back.
	exitBurst = time.Second
)

// mayHold returns whether the process may hold its output in a buffer: it is
// foreign and writes to a pipe.
func (p *Process) mayHold() bool { return p.Foreign() && !p.OnTerminal() }

// flushRemedy says what to do about output that is held back.
func (p *Process) flushRemedy() string {
	if p.OnTerminal() {
		return `: end each line with "\n", and flush after it`
	}
	return ": flush after each line, or run it on a terminal"
}

// heldBack finds that the process, which runs, held back its output: it is ended, and
// prints at its exit for the first time, or one of the lines.
func (f *failure) heldBack() string {
	if !f.waited || f.stream != bench.Stdout || f.process == nil || !f.process.Foreign() || !f.process.Running() {
		return ""
	}
	p := f.process
	before := p.output().Since(0)
	f.end()
	after := p.output().Since(before.Next).Lines
	shown := func(want string) bool {
		return slices.ContainsFunc(after, func(l Line) bool { return strings.Contains(p.compared(l.Text), want) })
	}
	switch {
	case before.Next == 0 && before.Partial == "" && len(after) > 0:
		return "it printed nothing until it exited" + p.flushRemedy()
	case slices.ContainsFunc(f.missing, shown):
		return "it printed that only when it exited" + p.flushRemedy()
	}
	return ""
}

// heldFile finds that the process, which runs, writes a file only when it is ended.
func (f *failure) heldFile() string {
	if f.file == nil || !f.process.Foreign() || !f.process.Running() {
		return ""
	}
	f.end()
	if !f.file() {
		return ""
	}
	return "it wrote that only when it exited: write the file, and flush or close it, as soon as there is something to write"
}

// end ends the process, by the end of its input and then by SIGINT.
func (f *failure) end() {
	e := f.process.now()
	f.lab.Note(f.process.Name(), "the end of its input, and SIGINT, to see whether it holds back output")
	f.ended, e.meant = true, true
	_ = e.CloseInput() // as far as that can be done
	if e.endsWithin(heldTimeout) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), signalTimeout)
	defer cancel()
	_ = e.Signal(ctx, syscall.SIGINT)
	e.endsWithin(heldTimeout)
}

// heldUntilExit finds that a process which has exited by itself printed nothing before.
func (p *Process) heldUntilExit() string {
	e := p.now()
	v := e.Output(bench.Stdout).Since(0)
	if !p.mayHold() || len(v.Lines) == 0 || e.endedAt().Sub(e.Began()) < 2*exitBurst || e.endedAt().Sub(v.Lines[0].At) > exitBurst {
		return ""
	}
	return "it printed nothing until it exited" + p.flushRemedy()
}
