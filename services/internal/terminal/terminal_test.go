package terminal

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/term"
)

const width = 80 // of a terminal that has not said

func TestTypedLines(t *testing.T) {
	for name, test := range map[string]struct {
		keys string
		want []string
	}{
		"a line":          {"hello\r", []string{"hello"}},
		"an empty one":    {"\r", []string{""}},
		"beyond ASCII":    {"caf\u00e9 🎉\r", []string{"café 🎉"}},
		"mended":          {"helo\x7f\x7fllo\r", []string{"hello"}},
		"from the middle": {"hllo\x1b[D\x1b[D\x1b[De\r", []string{"hello"}},
		"an earlier one":  {"hello\r\x1b[A!\r", []string{"hello", "hello!"}},
		"several pasted":  {"one\ntwo\r\nthree\r", []string{"one", "two", "three"}},
		"all pasted":      {"\x1b[200~one\rtwo\r\x1b[201~", []string{"one", "two"}},
		"no text in it":   {"he\xffllo\r", []string{"hello"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := sit(t)
			got := takes(s.open().In)
			s.types(test.keys)
			for _, want := range test.want {
				assert.Equal(t, taken{want, nil}, receive(t, got))
			}
		})
	}
}

func TestALineAtATerminalHasABound(t *testing.T) {
	s := sit(t)
	got := takes(s.open().In)
	s.types(strings.Repeat("x", 5000) + "\r")
	line := receive(t, got)
	require.NoError(t, line.err)
	assert.Equal(t, strings.Repeat("x", 4096), line.line)
}

func TestAHalfTypedLineSurvivesWhatIsShown(t *testing.T) {
	s := sit(t)
	c := s.open()
	got := takes(c.In)
	s.types("hal")
	s.shows(width, "hal| 3,0")
	n, err := c.Out.Write([]byte("Client 2: hello\n"))
	require.NoError(t, err)
	assert.Equal(t, len("Client 2: hello\n"), n)
	s.shows(width, "Client 2: hello|hal| 3,1")
	_, err = c.Err.Write([]byte("WRN something\nWRN else\n"))
	require.NoError(t, err)
	s.shows(width, "Client 2: hello|WRN something|WRN else|hal| 3,3")
	s.types("f\r")
	s.shows(width, "Client 2: hello|WRN something|WRN else|half|| 0,4")
	assert.Equal(t, taken{"half", nil}, receive(t, got))
}

func TestALongHalfTypedLineSurvivesToo(t *testing.T) {
	s := sit(t)
	require.NoError(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 24, Cols: 10}))
	c := s.open()
	takes(c.In)
	s.types("0123456789abcdefghijklm")
	s.shows(10, "0123456789|abcdefghij|klm| 3,2")
	_, err := c.Out.Write([]byte("news\n"))
	require.NoError(t, err)
	s.shows(10, "news|0123456789|abcdefghij|klm| 3,3")
}

// A container keeps what its terminal shows as its log: there is to be nothing
// in it but the lines.
func TestNothingIsWrittenBesideTheText(t *testing.T) {
	s := sit(t)
	c := s.open()
	for _, text := range []string{"one\n", "two\nthree\n", "four\n"} {
		_, err := c.Out.Write([]byte(text))
		require.NoError(t, err)
	}
	c.Close()
	assert.Equal(t, "one\r\ntwo\r\nthree\r\nfour\r\n", s.all())
}

// Before somebody attaches to it, a container's terminal is 0 columns wide.
func TestAWindowWithoutASizeIsWideEnough(t *testing.T) {
	s := sit(t)
	w, h, err := term.GetSize(int(s.tty.Fd()))
	require.NoError(t, err)
	require.Zero(t, w+h, "what the test is about")
	got := takes(s.open().In)
	long := strings.Repeat("x", width-1)
	s.types(long)
	assert.Equal(t, long, s.sees(long))
	s.types("\r")
	assert.Equal(t, taken{long, nil}, receive(t, got))
}

func TestTheWindowIsFollowed(t *testing.T) {
	s := sit(t)
	takes(s.open().In)
	s.types("abc")
	s.shows(width, "abc| 3,0")
	s.forget()
	require.NoError(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 24, Cols: 10}))
	// The kernel tells only those whose controlling terminal it is.
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGWINCH))
	s.sees("abc")
	s.types("defghijkl")
	s.sees("\r\nkl")
}

func TestCloseGivesTheTerminalBack(t *testing.T) {
	s := sit(t)
	state := func() *term.State {
		state, err := term.GetState(int(s.tty.Fd()))
		require.NoError(t, err)
		return state
	}
	before := state()
	c := s.open()
	raw := state()
	require.NotEqual(t, before, raw, "what there is to give back")
	c.Close()
	assert.Equal(t, before, state())

	require.NoError(t, term.Restore(int(s.tty.Fd()), raw)) // it has gone to somebody else
	c.Close()
	assert.Equal(t, raw, state(), "closed once more")
}
