package terminal

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// raw reports whether the terminal passes on each key.
func (j job) raw() bool {
	j.t.Helper()
	t, err := unix.IoctlGetTermios(int(j.tty.Fd()), unix.TCGETS)
	require.NoError(j.t, err)
	return t.Lflag&(unix.ICANON|unix.ECHO) == 0
}

// atTheShell requires that the shell has the terminal, and gets what is typed.
func (j job) atTheShell() {
	j.t.Helper()
	assert.False(j.t, j.raw())
	j.types("echo $((6 * 7))\r")
	j.sees("42\r\n$ ")
	j.forget()
}

// Fault T2.
func TestAStoppedProgramTakesTheTerminalAgain(t *testing.T) {
	for name, stop := range map[string]func(j job){
		"kill -STOP": func(j job) { j.signal(syscall.SIGSTOP) },
		"Ctrl-Z":     func(j job) { j.types("\x1a") },
	} {
		t.Run(name, func(t *testing.T) {
			j := starts(t, "xterm", "$chatter")
			half := ""
			for range 3 {
				half += "漢e\u0301"
				j.types("漢e\u0301")
				j.ends("|> " + half)
				assert.True(t, j.raw())
				stop(j)
				j.sees("Stopped")
				j.sees("$ ")
				j.forget()
				j.atTheShell()
				j.types("fg\r")
				j.ends("|> " + half)
				assert.True(t, j.raw())
			}
			j.signal(syscall.SIGUSR1)
			j.ends("news|> " + half)
			j.types("\r")
			j.ends("got " + half + "|>")
		})
	}
}

// Fault T2: bg leaves the terminal to the shell.
func TestAProgramContinuedInTheBackground(t *testing.T) {
	j := starts(t, "xterm", "$chatter")
	j.types("half")
	j.ends("|> half")
	j.types("\x1a")
	j.sees("Stopped")
	j.types("bg\r")
	j.signal(syscall.SIGUSR1)
	j.sees("news\r\n")
	j.forget()
	j.atTheShell()
	j.types("fg\r")
	j.ends("|> half")
	assert.True(t, j.raw())
}

// Fault T3.
func TestAProgramInTheBackgroundRunsAndTakesTheTerminalLater(t *testing.T) {
	for name, command := range map[string]string{
		"all at the terminal":      "$chatter &",
		"the log elsewhere":        "$chatter 2>/dev/null &",
		"a terminal without codes": "TERM=dumb $chatter &",
	} {
		t.Run(name, func(t *testing.T) {
			j := starts(t, "xterm", command)
			for range 3 {
				j.signal(syscall.SIGUSR1)
				j.sees("news\r\n")
				j.forget()
				j.atTheShell()
			}
			j.types("fg\r")
			j.sees("chatter")
			if name != "a terminal without codes" {
				j.ends("|>")
				assert.True(t, j.raw())
			}
			j.types("hello\r")
			j.sees("got hello\r\n")
		})
	}
}

// Fault T3: its screen is a pipe, and its stdin the terminal.
func TestAProgramInTheBackgroundOfAPipe(t *testing.T) {
	j := starts(t, "xterm", "$chatter | cat &")
	for range 3 {
		j.signal(syscall.SIGUSR1)
		j.sees("news\r\n")
		j.forget()
		j.atTheShell()
	}
	j.types("fg\r")
	j.sees("cat\r\n")
	j.types("hello\r")
	j.sees("got hello\r\n")
}

// A program that ends in the background leaves the terminal as it is.
func TestEndingInTheBackground(t *testing.T) {
	j := starts(t, "xterm", "$chatter &")
	j.types("kill %1; wait %1; echo status $?\r")
	j.sees("status 0\r\n")
	j.forget()
	j.atTheShell()
}

// Fault T4: another process of the terminal, here the test, makes it non-blocking.
func TestATerminalMadeNonBlockingHasNotEnded(t *testing.T) {
	j := starts(t, "xterm", "$chatter")
	j.types("one\r")
	j.ends("got one|>")
	require.NoError(t, unix.SetNonblock(int(j.tty.Fd()), true))
	for _, line := range []string{"two", "three"} {
		j.types(line + "\r")
		j.ends("got " + line + "|>")
	}
	j.types("\x04")
	j.sees("ended: the terminal was left\r\n")
}

// Fault T8.
func TestADumbTerminalGetsPlainLines(t *testing.T) {
	for _, kind := range []string{"dumb", ""} {
		t.Run(kind, func(t *testing.T) {
			j := starts(t, kind, "$chatter")
			j.types("half")
			j.sees("half")
			j.signal(syscall.SIGUSR1)
			j.sees("news\r\n")
			j.types("\r")
			j.sees("got half\r\n")
			j.types("\x04")
			wire := j.sees("ended: the terminal was left\r\n")
			assert.Contains(t, wire, "chatter: type a line\r\n")
			assert.NotContains(t, wire, "\x1b")
			assert.NotContains(t, wire, "> ")
		})
	}
}
