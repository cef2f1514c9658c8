package terminal

import (
	"io"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/term"
)

func TestAPromptStandsBeforeWhatIsTyped(t *testing.T) {
	s := sit(t)
	c := s.open()
	c.Prompt("You: ")
	got := takes(c.In)
	s.shows(width, "You:| 5,0")
	s.types("hal")
	s.shows(width, "You: hal| 8,0")
	_, err := c.Out.Write([]byte("news\n"))
	require.NoError(t, err)
	s.shows(width, "news|You: hal| 8,1")
	s.types("f\r")
	assert.Equal(t, taken{"half", nil}, receive(t, got))
	s.shows(width, "news|You: half|You:| 5,2")
}

// The next output, such as the prompt of a shell, must not follow this prompt on its row.
func TestNoPromptIsLeftBehind(t *testing.T) {
	s := sit(t)
	c := s.open()
	c.Prompt("You: ")
	got := takes(c.In)
	s.shows(width, "You:| 5,0")
	s.types(ctrlD)
	assert.Equal(t, taken{"", ErrHangup}, receive(t, got))
	c.Close()
	_, err := s.tty.WriteString("$ ")
	require.NoError(t, err)
	s.shows(width, "$| 2,0")
}

func TestAScreenThatIsStuckDoesNotKeepTheTerminal(t *testing.T) {
	ptmx, tty, err := pty.Open()
	require.NoError(t, err)
	c, err := Open(tty, tty, tty)
	require.NoError(t, err)
	stuck := make(chan error)
	go func() {
		_, err := c.Out.Write(make([]byte, 1<<20)) // no one reads it
		stuck <- err
	}()
	_, err = ptmx.Read(make([]byte, 1)) // so it has begun
	require.NoError(t, err)
	began := time.Now()
	closed := make(chan struct{})
	go func() {
		c.Close()
		close(closed)
	}()
	receive(t, closed)
	assert.Less(t, time.Since(began), patience)
	require.NoError(t, ptmx.Close())
	assert.Error(t, receive(t, stuck))
	require.NoError(t, tty.Close())
}

func TestAPipeGetsNoPrompt(t *testing.T) {
	in, _ := pipe(t)
	out, outEnd := pipe(t)
	c, err := Open(in, outEnd, outEnd)
	require.NoError(t, err)
	c.Prompt("You: ")
	c.Close()
	require.NoError(t, outEnd.Close())
	got, err := io.ReadAll(out)
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestWhetherTheScreenIsATerminal(t *testing.T) {
	s := sit(t)
	in, out := pipe(t)
	assert.True(t, s.open().Terminal)
	assert.True(t, Plain(in, s.tty, out).Terminal, "whatever stdin is")
	assert.False(t, Plain(s.tty, out, s.tty).Terminal)
}

func TestPlainLeavesATerminalAsItIs(t *testing.T) {
	s := sit(t)
	before, err := term.GetState(int(s.tty.Fd()))
	require.NoError(t, err)
	c := Plain(s.tty, s.tty, s.tty)
	c.Prompt("You: ")
	after, err := term.GetState(int(s.tty.Fd()))
	require.NoError(t, err)
	assert.Equal(t, before, after)

	s.types("hello\n" + ctrlD) // at the beginning of a line the terminal takes it for the end
	line, err := c.In.Next()
	require.NoError(t, err)
	assert.Equal(t, "hello", string(line))
	_, err = c.In.Next()
	assert.Equal(t, io.EOF, err)
	c.Close()
}
