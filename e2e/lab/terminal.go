package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	bench "peerlab/lab"
)

// Terminal is a person at a terminal, in which a command runs that may well
// edit lines and move the cursor. What the person reads is what is on it now.
// It is a tmux of its own.
type Terminal struct {
	lab    *Lab
	name   string
	words  []string // the command
	dir    string   // of tmux's socket, and the command's exit status
	server *bench.Group
}

// look is what is on a terminal at one moment.
type look struct {
	rows   []string // without blanks at their ends, and without empty ones below the last
	x, y   int      // the cursor
	tty    string   // its device
	ended  bool     // the command has
	status int      // its exit status then
}

// Sit starts a command in a terminal, with env added to the test's environment.
// The command ends with the lab. Without tmux the test is left out.
func (l *Lab) Sit(name string, env []string, command ...string) *Terminal {
	l.t.Helper()
	Needs(l.t, "tmux")
	t := &Terminal{lab: l, name: name, words: command}
	var err error
	if t.dir, err = l.run.bench.TempDir("peerlab-terminal-"); err == nil {
		err = os.WriteFile(t.path("conf"), []byte("set-option -g status off\n"), 0o600)
	}
	if err != nil {
		l.fail("terminal %s: %v", name, err)
	}
	l.t.Cleanup(t.close)
	// The shell outlives the command, and the screen stays as that has left it.
	const shell = `trap : INT QUIT; "$@"; echo $? >"$0.new" && mv "$0.new" "$0"; exec cat >/dev/null`
	t.tmux(slices.Concat([]string{
		"-f", t.path("conf"), "new-session", "-d", "-c", l.run.root,
		"-x", strconv.Itoa(bench.TerminalCols), "-y", strconv.Itoa(bench.TerminalRows), "env", "TERM=xterm",
	}, env, []string{"sh", "-c", shell, t.path("status")}, command)...)
	pid, err := strconv.Atoi(strings.TrimSpace(t.tmux("display-message", "-p", "#{pid}")))
	if err != nil {
		l.fail("terminal %s: the process of tmux: %v", name, err)
	}
	t.server = l.run.bench.Guard(pid) // without it the command's terminal hangs up
	return t
}

func (t *Terminal) path(name string) string { return filepath.Join(t.dir, name) }

// tmux runs commands of tmux and returns what they print.
func (t *Terminal) tmux(words ...string) string {
	t.lab.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-u", "-S", t.path("socket")}, words...)...).CombinedOutput()
	if err != nil {
		t.lab.fail("terminal %s: tmux: %v: %s", t, err, out)
	}
	return string(out)
}

func (t *Terminal) String() string {
	return fmt.Sprintf("%s (%s)", t.name, bench.QuoteWords(t.words...))
}

// look returns what is on the terminal now.
func (t *Terminal) look() (now look) {
	t.lab.t.Helper()
	content, err := os.ReadFile(t.path("status")) // first, so that an ended command has shown all
	if now.ended = err == nil; now.ended {
		now.status, _ = strconv.Atoi(strings.TrimSpace(string(content)))
	}
	state, screen, _ := strings.Cut(t.tmux("display-message", "-p", "#{cursor_x} #{cursor_y} #{pane_tty}", ";", "capture-pane", "-p"), "\n")
	_, _ = fmt.Sscan(state, &now.x, &now.y, &now.tty)
	now.rows = strings.Split(strings.TrimRight(screen, "\n"), "\n")
	return now
}

// TakesKeys waits until the command reads each key as it is pressed. A program
// that attaches to another's terminal does so once it is attached.
func (t *Terminal) TakesKeys() {
	t.lab.t.Helper()
	t.awaits("reads each key as it is pressed", func(now look) bool {
		mode, err := exec.Command("sh", "-c", `stty -a <"$0"`, now.tty).Output()
		return err == nil && strings.Contains(string(mode), "-icanon")
	})
}

// Types presses these keys; the return key is \r.
func (t *Terminal) Types(keys string) {
	t.lab.t.Helper()
	t.lab.Note(t.name, "types "+shorten(keys))
	words := []string{"send-keys", "-H"}
	for _, b := range []byte(keys) {
		words = append(words, fmt.Sprintf("%x", b))
	}
	t.tmux(words...)
}

// Reads waits until these rows are on the screen, one below the other, the
// last of them being the last row that is not empty. After that row's text is
// the cursor, perhaps after blanks, or it is at the beginning of the row below.
func (t *Terminal) Reads(rows ...string) {
	t.lab.t.Helper()
	t.awaits("ends with "+quoteAll(rows), func(now look) bool {
		last := len(now.rows) - 1
		return slices.Equal(now.rows[max(0, len(now.rows)-len(rows)):], rows) &&
			(now.y == last && now.x >= len([]rune(now.rows[last])) || now.y == last+1 && now.x == 0)
	})
}

// awaits waits until the screen or the command is as described, while the command runs.
func (t *Terminal) awaits(what string, ok func(look) bool) {
	t.lab.t.Helper()
	t.lab.eventually(awaitedState(func() string { return fmt.Sprintf("terminal %v %s\n%s", t, what, t.text()) }), nil, func() bool {
		now := t.look()
		met := ok(now)
		if !met && now.ended {
			t.lab.fail("terminal %v: its command %s before this was so: it %s\n%s", t, bench.ExitText(now.status), what, t.text())
		}
		return met
	})
}

// Ends waits until the command has ended and returns its exit status.
func (t *Terminal) Ends() (status int) {
	t.lab.t.Helper()
	t.awaits("ends", func(now look) bool {
		status = now.status
		return now.ended
	})
	return status
}

// text is the screen, for messages.
func (t *Terminal) text() string {
	return fmt.Sprintf("── terminal %s ──\n%s", t.name, strings.Join(t.look().rows, "\n"))
}

func (t *Terminal) close() {
	if t.server != nil {
		if t.lab.t.Failed() {
			t.lab.t.Log(t.text())
		}
		if err := t.server.Kill(); err != nil {
			t.lab.t.Errorf("lab: ending terminal %s: %v", t.name, err)
		}
		t.server.Forget()
	}
	if err := t.lab.run.bench.RemoveTemp(t.dir); err != nil {
		t.lab.t.Errorf("lab: terminal %s: %v", t.name, err)
	}
}
