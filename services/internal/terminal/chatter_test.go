package terminal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/services/internal/lines"
)

// chatterRole is the variable that makes this test binary a chatter.
const chatterRole = "PEERLAB_TEST_CHATTER"

func TestMain(m *testing.M) {
	if os.Getenv(chatterRole) != "" {
		os.Exit(chatter())
	}
	goleak.VerifyTestMain(m)
}

// chatter is a program that shows "got LINE" for each line that is typed, and
// "news" for each SIGUSR1. What a shell does to its jobs takes a process of its own.
func chatter() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	news := make(chan os.Signal, 1)
	signal.Notify(news, syscall.SIGUSR1)
	c, err := Open(os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer c.Close()
	c.Hint("chatter: type a line")
	c.Prompt("> ")
	fmt.Fprintln(c.Out, "up", os.Getpid())
	ended := make(chan error)
	go func() {
		for {
			line, err := c.In.Next()
			if err != nil {
				ended <- err
				return
			}
			fmt.Fprintf(c.Out, "got %s\n", lines.Escape(nil, line))
		}
	}()
	for {
		select {
		case <-news:
			fmt.Fprintln(c.Out, "news")
		case err := <-ended:
			fmt.Fprintln(c.Out, "ended:", err)
			return 0
		case <-ctx.Done():
			return 0
		}
	}
}

// job is a chatter, started by an interactive shell that has the seat's terminal.
type job struct {
	*seat
	pid int
}

var up = regexp.MustCompile(`up (\d+)\r\n`)

// starts starts a shell for that kind of terminal, and a chatter by a command.
func starts(t *testing.T, kind, command string) job {
	t.Helper()
	s := sit(t)
	bash, err := exec.LookPath("bash")
	require.NoError(t, err, "the project's scripts need it, too")
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 24, Cols: 80}))
	shell := &exec.Cmd{
		Path: bash, Args: []string{"bash", "--norc", "--noprofile", "--noediting", "-i"},
		Env:   append(os.Environ(), "PS1=$ ", "TERM="+kind, "chatter="+self, chatterRole+"=1"),
		Stdin: s.tty, Stdout: s.tty, Stderr: s.tty,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true},
	}
	require.NoError(t, shell.Start())
	j := job{seat: s}
	t.Cleanup(func() {
		if j.pid != 0 {
			_ = syscall.Kill(j.pid, syscall.SIGKILL) // it may have ended
		}
		_ = shell.Process.Kill()
		_ = shell.Wait()
	})
	s.sees("$ ")
	s.types(command + "\r")
	wire := s.until("chatter is up", func(wire string) bool { return up.MatchString(wire) })
	j.pid, err = strconv.Atoi(up.FindStringSubmatch(wire)[1])
	require.NoError(t, err)
	return j
}

func (j job) signal(s syscall.Signal) {
	j.t.Helper()
	require.NoError(j.t, syscall.Kill(j.pid, s))
}

// ends waits until the last rows on the screen are these, and the cursor is behind
// the last one.
func (j job) ends(rows string) {
	j.t.Helper()
	j.until("the screen ends with "+rows, func(wire string) bool {
		if strings.HasSuffix(wire, "\x1b") || unfinished.MatchString(wire) {
			return false
		}
		shown := show(j.t, 80, wire)
		return strings.HasSuffix(shown[:strings.LastIndex(shown, "| ")], rows)
	})
}
