package terminal

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Fault T4: a pipe that another process makes non-blocking loses nothing either.
func TestAPipeMadeNonBlocking(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)
	in, inEnd := pipe(t)
	out, outEnd := pipe(t)
	c, err := Open(in, outEnd, outEnd)
	require.NoError(t, err)
	require.NoError(t, unix.SetNonblock(int(in.Fd()), true))
	require.NoError(t, unix.SetNonblock(int(outEnd.Fd()), true))

	line := make(chan taken, 1)
	go func() {
		text, err := c.In.Next()
		line <- taken{string(text), err}
	}()
	written := make(chan error, 1)
	go func() {
		n, err := c.Out.Write(text)
		assert.Equal(t, len(text), n)
		written <- err
	}()
	got := make([]byte, len(text))
	_, err = io.ReadFull(out, got)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(text, got))
	require.NoError(t, receive(t, written))

	_, err = inEnd.WriteString("hello\n")
	require.NoError(t, err)
	assert.Equal(t, taken{"hello", nil}, receive(t, line))
}

// nohup opens /dev/null for writing only as stdin, where a read fails with EBADF, and a
// shell may redirect stdin from a folder. Such an input counts as ended; it does not mean
// that the user has left.
func TestAnInputThatCannotBeReadHasEnded(t *testing.T) {
	for name, flag := range map[string]int{os.DevNull: os.O_WRONLY, ".": os.O_RDONLY} {
		in, err := os.OpenFile(name, flag, 0)
		require.NoError(t, err)
		defer in.Close()
		_, out := pipe(t)
		c, err := Open(in, out, out)
		require.NoError(t, err)
		defer c.Close()
		for range 2 {
			_, err = c.In.Next()
			assert.Equal(t, io.EOF, err, name)
		}
	}
}

// Fault T4: more is written to a terminal than it has room for.
func TestATerminalMadeNonBlockingLosesNothing(t *testing.T) {
	s := sit(t)
	c := s.open()
	require.NoError(t, unix.SetNonblock(int(s.tty.Fd()), true))
	text := bytes.Repeat([]byte("0123456789abcde\n"), 1<<14)
	n, err := c.Out.Write(text)
	require.NoError(t, err)
	assert.Equal(t, len(text), n)
	c.Close()
	assert.Equal(t, string(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))), s.all())
}

// Fault U10: a container's terminal has no size until a person attaches to it.
func TestAHintIsShownToWhoAttaches(t *testing.T) {
	s := sit(t)
	c := s.open()
	c.Hint("client 2: type a line")
	_, err := c.Out.Write([]byte("one\n"))
	require.NoError(t, err)
	s.shows(width, "one|| 0,1")
	require.NoError(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 24, Cols: 80}))
	for range 2 {
		winch(t)
	}
	s.shows(width, "one|client 2: type a line|| 0,2")
	c.Close()
	assert.Equal(t, "one\r\nclient 2: type a line\r\n", s.all())
}

// Fault U10: at a terminal with a size the hint comes first, and in the log.
func TestAHintIsAtATerminalOnly(t *testing.T) {
	s := sit(t)
	require.NoError(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 24, Cols: 80}))
	in, end := pipe(t)
	for name, c := range map[string]func() (*Console, error){
		"stdin is a pipe":   func() (*Console, error) { return Open(in, s.tty, s.tty) },
		"the log is a pipe": func() (*Console, error) { return Open(s.tty, s.tty, end) },
	} {
		t.Run(name, func(t *testing.T) {
			c, err := c()
			require.NoError(t, err)
			c.Hint("not shown")
			c.Close()
		})
	}
	c, err := Open(s.tty, end, s.tty)
	require.NoError(t, err)
	c.Hint("shown though stdout is a pipe")
	c.Close()
	c = s.open()
	c.Prompt("> ")
	c.Hint("shown")
	s.shows(width, "shown though stdout is a pipe|shown|>| 2,2")
}

// Fault U5: Ctrl-L and Ctrl-C left text in a log. Ctrl-L only repaints, and Ctrl-C
// removes the half-typed line.
func TestKeysLeaveNothingInALog(t *testing.T) {
	s := sit(t)
	c := s.open()
	got := takes(c.In)
	_, err := c.Out.Write([]byte("one\n"))
	require.NoError(t, err)
	s.types("\x0c\x07\x1b[5~\x1a") // Ctrl-Z: it is not the test's controlling terminal
	s.types("half\x0c")
	s.shows(width, "one|half| 4,1")
	assert.NotContains(t, s.sees("half"), "\x1b[2J")
	s.types(ctrlC)
	assert.Equal(t, taken{"", ErrHangup}, receive(t, got))
	s.shows(width, "one|| 0,1")
}

// A file may end without a line end. Text that follows at once continues the line.
func TestTextWithoutALineEndHasItsOwnRow(t *testing.T) {
	s := sit(t)
	c := s.open()
	c.Prompt("File name: ")
	for _, part := range []string{"the fi", "rst\nand la", "st"} {
		_, err := c.Out.Write([]byte(part))
		require.NoError(t, err)
	}
	s.sees("\r\nFile name: ")
	takes(c.In)
	s.types("x")
	s.sees("x")
	_, err := c.Out.Write([]byte("end\n"))
	require.NoError(t, err)
	s.until("it ends", func(wire string) bool {
		shown := show(t, width, wire)
		return assert.ObjectsAreEqual("the first|and last|end|File name: x| 12,3", shown)
	})
}
