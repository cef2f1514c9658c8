package lab

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// signalBase is what a status exceeds the number of the signal by that ended
// the process, as a shell counts.
const signalBase = 128

// exitText says how a process exited, for messages.
func exitText(status int) string {
	if name := unix.SignalName(syscall.Signal(status - signalBase)); status > signalBase && name != "" {
		return fmt.Sprintf("was ended by %s (status %d)", name, status)
	}
	return fmt.Sprintf("exited with status %d", status)
}

// outcome says what became of a life that has ended.
func (e *life) outcome() string {
	if e.err != nil {
		return fmt.Sprintf("ended, and its status is unknown (%v)", e.err)
	}
	return exitText(e.status)
}

// crashed returns the processes whose last life has ended with a status other
// than 0, without the scenario having ended it or asserted its exit.
func (l *Lab) crashed() []*Process {
	return slices.DeleteFunc(l.Processes(), func(p *Process) bool {
		e := p.now()
		return e == nil || e.alive() || e.meant || e.err == nil && e.status == 0
	})
}

// crashHint names processes that exited by themselves, which is often why
// another process does not do what is expected.
func (l *Lab) crashHint(atFault *Process) string {
	var b strings.Builder
	for _, p := range l.crashed() {
		if p != atFault {
			fmt.Fprintf(&b, "hint: %v %s by itself at %s\n", p, p.now().outcome(), strings.TrimSpace(l.clock(p.now().at)))
		}
	}
	return b.String()
}

// command is the process's command line, for messages: what to try by hand.
func (p *Process) command() string {
	if p.program.image != "" {
		return "image " + quoteWords(append([]string{p.program.image}, p.args...))
	}
	return quoteWords(append(p.program.command[:len(p.program.command):len(p.program.command)], p.args...))
}

// quoteWords joins words so that a shell splits them again.
func quoteWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quoteWord(word)
	}
	return strings.Join(quoted, " ")
}

func quoteWord(word string) string {
	const harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%^"
	if word != "" && strings.Trim(word, harmless) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// exitNotice is how long an error of a program's input waits for the program's
// exit, which is mostly its reason and is noticed a little later.
const exitNotice = 2 * time.Second

// exitedSoon returns whether the life has ended, or does within exitNotice.
func (e *life) exitedSoon() bool {
	return e.endsWithin(exitNotice)
}

// endsWithin returns whether the life has ended, or does within that time.
func (e *life) endsWithin(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-e.ended:
		return true
	case <-timer.C:
		return !e.alive()
	}
}

// exited returns a channel that is closed when the next process exits. May be
// called from any goroutine.
func (l *Lab) exited() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.exit
}

func (l *Lab) wakeAtExit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.exit)
	l.exit = make(chan struct{})
}
