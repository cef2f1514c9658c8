package lab

import (
	"fmt"
	"strings"
	"syscall"

	bench "peerlab/lab"
)

// exited explains the exit of the process, or else names one that has exited by
// itself, which is often why another does not do what is expected.
func (f *failure) exited() string {
	if p := f.process; p != nil && p.now() != nil && !p.now().Running() {
		if held := p.heldUntilExit(); held != "" {
			return held
		}
		return f.exitReason(p)
	}
	for _, p := range f.lab.crashed() {
		return fmt.Sprintf("%v %s by itself at %s", p, p.now().Outcome(), strings.TrimSpace(f.lab.clock(p.now().endedAt()))) +
			semicolon(f.exitReason(p))
	}
	return ""
}

// exitReason quotes the line of a stderr that says why the process has exited, and says
// what to do about the reasons that are usual. "" if there is no such line.
func (f *failure) exitReason(p *Process) string {
	_, status, _ := p.now().Result()
	if status == 128+int(syscall.SIGPIPE) {
		return "it wrote to a program that is gone: ignore SIGPIPE, and go on without that program when write fails"
	}
	line := p.lastError()
	if line == "" {
		return ""
	}
	return fmt.Sprintf("its stderr says %q%s", shorten(line), f.remedy(p, line))
}

// remedy says what to do about an error of a process; "" if that is not known.
func (f *failure) remedy(p *Process, line string) string {
	has := func(text string) bool { return strings.Contains(strings.ToLower(line), text) }
	switch {
	case has("address already in use") && len(p.Process.Lives()) > 1:
		return ": the port is still in use from the life before; set SO_REUSEADDR on the socket before bind"
	case has("address already in use"):
		return ": another program listens at that port, or the program binds it twice"
	case has("connection refused"):
		return ": nothing listens where it connects to; " + f.listeners()
	case has("broken pipe") || has("connection reset"):
		return ": a program that it was connected to is gone" + f.killed() + "; catch this error, and go on without that program"
	}
	return ""
}

// killed names the processes that the scenario has killed.
func (f *failure) killed() string {
	var names []string
	for _, p := range f.lab.Processes() {
		if e := p.now(); e != nil && !e.Running() && e.meant && e.Outcome() == bench.ExitText(128+int(syscall.SIGKILL)) {
			names = append(names, p.Name())
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (the scenario has killed " + strings.Join(names, ", ") + ")"
}

// lastError returns the line of the stderr that says what went wrong, in this life: the
// last that names an error, or else the last.
func (p *Process) lastError() (last string) {
	lines := p.now().Output(bench.Stderr).Since(0).Lines
	for i := len(lines) - 1; i >= 0; i-- {
		switch text := strings.TrimSpace(lines[i].Text); {
		case text == "":
		case namesError(text):
			return text
		case last == "":
			last = text
		}
	}
	return last
}

// namesError reports whether a line of a stderr looks like the error that has ended a
// program, or a thread of it, as Python, Java, C and Go programs write it.
func namesError(line string) bool {
	first, rest, _ := strings.Cut(line, ": ")
	return rest != "" && !strings.Contains(first, " ") && (strings.HasSuffix(first, "Error") || strings.HasSuffix(first, "Exception")) ||
		strings.HasPrefix(line, "Exception in thread \"") || strings.HasPrefix(line, "panic: ")
}
