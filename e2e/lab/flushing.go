package lab

import (
	"context"
	"fmt"
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

const flushRemedy = ": flush after each line, or run it on a terminal"

// mayHold returns whether the process may hold its output in a buffer: it is
// foreign and writes to a pipe.
func (p *Process) mayHold() bool { return p.Foreign() && !p.OnTerminal() }

// heldBack returns whether the process, which runs, held back its output, for the
// first line of a failure: it is ended, by the end of its input and then by SIGINT,
// and prints at its exit for the first time, or one of these lines. "" if not.
func (s Screen) heldBack(lines []string) string {
	e := s.process.now()
	before := s.output().Since(0)
	if s.stream != bench.Stdout || !s.process.mayHold() || !e.Running() {
		return ""
	}
	s.process.lab.Note(s.process.Name(), "the end of its input, and SIGINT, to see whether it holds back output")
	e.meant = true
	_ = e.CloseInput() // as far as that can be done
	if !e.endsWithin(heldTimeout) {
		ctx, cancel := context.WithTimeout(context.Background(), signalTimeout)
		defer cancel()
		_ = e.Signal(ctx, syscall.SIGINT)
		e.endsWithin(heldTimeout)
	}
	after := s.output().Since(before.Next)
	switch {
	case before.Next == 0 && before.Partial == "" && len(after.Lines) > 0:
		return "; it printed nothing until it exited" + flushRemedy
	case slices.ContainsFunc(lines, func(line string) bool {
		return slices.ContainsFunc(after.Lines, func(l Line) bool { return s.process.compared(l.Text) == line })
	}):
		return "; it printed that only when it exited" + flushRemedy
	}
	return ""
}

// heldUntilExit is heldBack for a process that has exited by itself.
func (p *Process) heldUntilExit() string {
	e := p.now()
	v := e.Output(bench.Stdout).Since(0)
	if !p.mayHold() || len(v.Lines) == 0 || e.endedAt().Sub(e.Began()) < 2*exitBurst || e.endedAt().Sub(v.Lines[0].At) > exitBurst {
		return ""
	}
	return "; it printed nothing until it exited" + flushRemedy
}

// bufferHint explains the silence of programs that run on pipes and have printed
// nothing since they were started. What the project itself built flushes.
func (l *Lab) bufferHint() string {
	var silent []string
	for _, p := range l.Processes() {
		e := p.now()
		if e == nil || !e.Running() || !p.mayHold() {
			continue
		}
		if v := e.Output(bench.Stdout).Since(0); v.Next == 0 && v.Partial == "" {
			silent = append(silent, p.Name())
		}
	}
	if len(silent) == 0 {
		return ""
	}
	return fmt.Sprintf("\nhint: %s printed nothing: if it is written in C, Python or Java its output may be held in a buffer; "+
		"flush after each line (C: fflush(stdout), Python: python3 -u, Java: System.out.flush())", strings.Join(silent, ", "))
}
