package lab

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"

	"peerlab/e2e/lab/vt"

	bench "peerlab/lab"
)

// Terminal is a person at a terminal, in which a command runs that may well
// edit lines and move the cursor. What the person reads is what is on it now.
type Terminal struct {
	lab  *Lab
	name string
	cmd  *exec.Cmd
	tty  *os.File
	// group is of the command and what it started, as far as that made none.
	group *bench.Group

	mu      sync.Mutex
	screen  *vt.Screen
	changed chan struct{} // closed, and replaced, on every change
	done    chan struct{} // closed when the command has ended
}

// Sit starts a command in a terminal, with env added to the test's environment.
// The command ends with the lab.
func (l *Lab) Sit(name string, env []string, command ...string) *Terminal {
	l.t.Helper()
	t := &Terminal{
		lab: l, name: name, cmd: exec.Command(command[0], command[1:]...),
		screen: vt.New(bench.TerminalCols, bench.TerminalRows), changed: make(chan struct{}), done: make(chan struct{}),
	}
	t.cmd.Env = append(append(os.Environ(), "TERM=xterm"), env...)
	t.cmd.Dir = l.run.root
	var err error
	// pty makes the command the leader of a session, and so of a group.
	if t.tty, err = pty.StartWithSize(t.cmd, &pty.Winsize{Rows: bench.TerminalRows, Cols: bench.TerminalCols}); err != nil {
		l.fail("terminal %s: %v", name, err)
	}
	t.group = l.run.bench.Guard(t.cmd.Process.Pid)
	l.t.Cleanup(t.close)
	go func() {
		_, _ = io.Copy(t, t.tty) // ends with an error when the command does
		_ = t.cmd.Wait()
		t.group.Ended()
		close(t.done)
	}()
	return t
}

// Write takes what the command wrote.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.screen.Write(p)
	close(t.changed)
	t.changed = make(chan struct{})
	return n, err
}

// TakesKeys waits until the command reads each key as it is pressed. A program
// that attaches to another's terminal does so once it is attached.
func (t *Terminal) TakesKeys() {
	t.lab.t.Helper()
	ended := false
	t.lab.Eventually("terminal "+t.name+" reads each key as it is pressed", func() bool {
		select {
		case <-t.done:
			ended = true
		default:
		}
		return ended || takesKeys(t.tty)
	})
	if ended {
		t.lab.fail("terminal %s (%s): its command %s before it read a key\n%s", t.name, bench.QuoteWords(t.cmd.Args...), t.outcome(), t.text())
	}
}

// outcome says how the command exited.
func (t *Terminal) outcome() string {
	if status, ok := t.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return bench.ExitText(128 + int(status.Signal()))
	}
	return bench.ExitText(t.cmd.ProcessState.ExitCode())
}

// Types presses these keys; the return key is \r.
func (t *Terminal) Types(keys string) {
	t.lab.t.Helper()
	t.lab.Note(t.name, "types "+shorten(keys))
	if _, err := t.tty.WriteString(keys); err != nil {
		t.lab.fail("terminal %s: cannot type %q: %v\n%s", t.name, shorten(keys), err, t.text())
	}
}

// Reads waits until these rows are on the screen, one below the other, the
// last of them being the last row that is not empty. After that row's text is
// the cursor, perhaps after blanks, or it is at the beginning of the row below.
func (t *Terminal) Reads(rows ...string) {
	t.lab.t.Helper()
	timer := time.NewTimer(lineTimeout)
	defer timer.Stop()
	var why string // set: this is the last look
	for {
		t.mu.Lock()
		changed, ok := t.changed, t.endsWith(rows)
		t.mu.Unlock()
		switch {
		case ok:
			return
		case why != "":
			t.lab.fail("terminal %s (%s): %s the screen does not end with %s\n%s", t.name, bench.QuoteWords(t.cmd.Args...), why, quoteAll(rows), t.text())
		}
		select {
		case <-changed:
		case <-t.done:
			why = fmt.Sprintf("its command %s and", t.outcome())
		case <-timer.C:
			why = fmt.Sprintf("after %v", lineTimeout)
		}
	}
}

func (t *Terminal) endsWith(want []string) bool {
	rows := t.screen.Rows()
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	if len(rows) < len(want) {
		return false
	}
	for i, row := range rows[len(rows)-len(want):] {
		if row != want[i] {
			return false
		}
	}
	x, y := t.screen.Cursor()
	last := len(rows) - 1
	return y == last && x >= len([]rune(rows[last])) || y == last+1 && x == 0 // rows end before their blanks
}

// Ends waits until the command has ended and returns its exit status.
func (t *Terminal) Ends() int {
	t.lab.t.Helper()
	timer := time.NewTimer(exitTimeout)
	defer timer.Stop()
	select {
	case <-t.done:
	case <-timer.C:
		t.lab.fail("terminal %s: its command still runs, expected its exit within %v: %s\n%s",
			t.name, exitTimeout, bench.QuoteWords(t.cmd.Args...), t.text())
	}
	return t.cmd.ProcessState.ExitCode()
}

// text is the screen, for messages.
func (t *Terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return "── terminal " + t.name + " ──\n" + strings.TrimRight(strings.Join(t.screen.Rows(), "\n"), "\n")
}

func (t *Terminal) close() {
	if err := t.group.Kill(); err != nil {
		t.lab.t.Errorf("lab: ending terminal %s: %v", t.name, err)
	}
	<-t.done
	t.group.Forget()
	_ = t.tty.Close()
	if t.lab.t.Failed() {
		t.lab.t.Log(t.text())
	}
}
