package terminal

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
)

// needsTmux skips the test where tmux is not installed, unless PEERLAB_REQUIRE names it.
func needsTmux(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err == nil {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("PEERLAB_REQUIRE"), ","), "tmux") {
		t.Fatal("tmux is not installed, and PEERLAB_REQUIRE names it")
	}
	t.Skip("tmux is not installed")
}

// pane is a chatter in a tmux of its own.
type pane struct {
	t      *testing.T
	socket string
	pid    int
	news   int
	typed  editor
	steps  []string
}

func newPane(t *testing.T, cols int) *pane {
	t.Helper()
	needsTmux(t)
	self, err := os.Executable()
	require.NoError(t, err)
	p := &pane{t: t, socket: t.TempDir() + "/tmux"}
	p.tmux("-f", os.DevNull, "new-session", "-d", "-x", strconv.Itoa(cols), "-y", "50", "env", chatterRole+"=1", self)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", p.socket, "kill-server").Run() }) // chatter may have ended it
	p.tmux("set-option", "-g", "status", "off")
	p.until(func(shown []string) bool {
		for _, line := range shown {
			if pid, ok := strings.CutPrefix(line, "up "); ok {
				p.pid, err = strconv.Atoi(pid)
				return err == nil
			}
		}
		return false
	})
	return p
}

func (p *pane) tmux(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-u", "-S", p.socket}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	require.NoError(p.t, err, "%s", out)
	return string(out)
}

// until looks at the screen until it is as wanted: its lines, those joined that
// tmux has wrapped.
func (p *pane) until(ok func(shown []string) bool) {
	p.t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		shown := strings.Split(strings.TrimRight(p.tmux("capture-pane", "-p", "-J", "-S", "-200"), "\n"), "\n")
		if ok(shown) {
			return
		}
		select {
		case <-again.C:
		case <-limit.C:
			require.FailNow(p.t, "waited in vain", "after %q\nfor %q\nthe screen is\n%s", p.steps, p.typed.text, strings.Join(shown, "|\n"))
		}
	}
}

func (p *pane) types(typed string) {
	p.t.Helper()
	p.steps = append(p.steps, typed)
	for _, k := range new(keys).parse([]byte(typed)) {
		p.typed.press(k)
	}
	p.tmux("send-keys", "-l", typed)
}

// shows waits until the screen shows the hint, that chatter is up, the news, and
// below it what is half-typed, each once and whole.
func (p *pane) shows() {
	p.t.Helper()
	want := "> " + string(lines.Escape(nil, p.typed.text))
	p.until(func(shown []string) bool {
		n := 2 + p.news
		return len(shown) > n && shown[0] == "chatter: type a line" && shown[1] == fmt.Sprint("up ", p.pid) &&
			!slices.ContainsFunc(shown[2:n], func(line string) bool { return line != "news" }) &&
			strings.TrimRight(visible(strings.Join(shown[n:], "")), " ") == strings.TrimRight(want, " ")
	})
}

// resize changes the window's width, and waits until the terminal of the program
// has it, too: tmux wraps lines again some time before that, and what a program
// writes in between is for another width.
func (p *pane) resize(cols int) {
	p.t.Helper()
	p.steps = append(p.steps, fmt.Sprint("to ", cols))
	p.tmux("resize-window", "-x", strconv.Itoa(cols))
	tty, err := os.OpenFile(strings.TrimSpace(p.tmux("display-message", "-p", "#{pane_tty}")), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(p.t, err)
	defer tty.Close()
	p.until(func([]string) bool {
		size, err := pty.GetsizeFull(tty)
		require.NoError(p.t, err)
		return int(size.Cols) == cols
	})
}

// Fault T1: a real terminal shows what will be sent while it is typed, edited,
// interrupted and resized. Only where a terminal counts columns as the library does
// can it be foretold how it wraps rows that have become too wide: tmux 3.3 draws a
// thumb and its colour apart.
func TestInTmux(t *testing.T) {
	text := []string{
		"a", "word ", "Z", " ", "漢字", "か", "한", family, "🎉", "é", "e\u0301", "n\u0303", "שלום", "مرحبا", "ไทย", "Ж", "—", "\t", "\u202e",
	}
	others := append([]string{"👍🏽", "👍🏽", "🇧🇩", "❤\ufe0f", "\u0301", "\u200b", "क्षि"}, text...)
	edits := []string{keyLeft, keyLeft, keyLeft, keyRight, "\x7f", "\x1b[3~", "\x1b[1~", "\x1b[4~", "\x17", "\x0c"}
	for name, test := range map[string]struct {
		cols    int
		text    []string
		resizes bool
	}{
		"80 columns, resized": {80, text, true},
		"20 columns, resized": {20, text, true},
		"20 columns":          {20, others, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPane(t, test.cols)
			r := rand.New(rand.NewPCG(uint64(test.cols), 0))
			any := func(of []string) string { return of[r.IntN(len(of))] }
			for range 30 {
				switch n := r.IntN(10); {
				case n < 4:
					p.types(any(test.text) + any(test.text) + any(test.text))
				case n < 7:
					p.types(any(edits))
				case n < 8 || !test.resizes:
					p.steps = append(p.steps, "news")
					p.news++
					require.NoError(t, syscall.Kill(p.pid, syscall.SIGUSR1))
				default:
					p.resize(test.cols - r.IntN(test.cols/3))
				}
				p.shows()
			}
			want := "got " + string(lines.Escape(nil, p.typed.text))
			p.types("\r")
			p.until(func(shown []string) bool { return slices.Contains(shown, want) })
		})
	}
}
