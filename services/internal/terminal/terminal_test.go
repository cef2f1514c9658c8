package terminal

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/term"

	"peerlab/services/internal/lines"
)

const width = 80 // of a terminal that does not report its width

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
		"no text in it":   {"he\xffllo\r", []string{"he\xffllo"}}, // a pipe passes it, too
		"a tab":           {"a\tb\r", []string{"a\tb"}},           // fault U5
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

// Fault T5: the bound and the error are those of a pipe.
func TestALineAtATerminalHasTheBoundOfAPipe(t *testing.T) {
	full := strings.Repeat("x", MaxLine)
	for name, test := range map[string]struct {
		keys string
		want []taken
	}{
		"6000 characters":       {full[:6000] + "\r", []taken{{full[:6000], nil}}},
		"as many as allowed":    {full + "\r", []taken{{full, nil}}},
		"one more":              {full + "y\rnext\r", []taken{{"", lines.ErrTooLong}, {"next", nil}}},
		"one more, and one not": {full + "y\x7f\r", []taken{{"", lines.ErrTooLong}}},
		"deleted altogether":    {full + "y\x15next\r", []taken{{"next", nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := sit(t)
			c := s.open()
			typed := make(chan error, 1)
			go func() { // the kernel keeps 4 KiB for a program that does not read
				_, err := s.pty.WriteString(test.keys)
				typed <- err
			}()
			for _, want := range test.want {
				line, err := c.In.Next()
				assert.Equal(t, want, taken{string(line), err})
				if err != nil {
					_, err = c.In.SkipLine()
					assert.NoError(t, err)
				}
			}
			assert.NoError(t, receive(t, typed))
		})
	}
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

// Fault T1: a character of two columns, a cluster, and text from right to left.
func TestAHalfTypedLineOfAnyScriptSurvives(t *testing.T) {
	for text, columns := range map[string]int{"漢字": 4, "🎉🎉": 4, family: 2, "e\u0301": 1, "שלום": 4} {
		s := sit(t)
		c := s.open()
		takes(c.In)
		s.types(text)
		s.shows(width, fmt.Sprintf("%s| %d,0", text, columns))
		_, err := c.Out.Write([]byte("Client 2: hello\n"))
		require.NoError(t, err)
		s.shows(width, fmt.Sprintf("Client 2: hello|%s| %d,1", text, columns))
	}
}

func TestALongHalfTypedLineSurvivesToo(t *testing.T) {
	s := sit(t)
	require.NoError(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 24, Cols: 10}))
	c := s.open()
	takes(c.In)
	s.types("0123456789abcdefghijklm")
	s.shows(10, "012345678|9abcdefgh|ijklm| 5,2") // a column is left for the cursor
	_, err := c.Out.Write([]byte("news\n"))
	require.NoError(t, err)
	s.shows(10, "news|012345678|9abcdefgh|ijklm| 5,3")
	s.types("\r")
	s.shows(10, "news|0123456789|abcdefghij|klm|| 0,4") // and copied as one line
}

// A container keeps what its terminal shows as its log, which holds nothing but
// the lines.
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

// Fault T6: before a person attaches to it, a container's terminal is 0 columns
// wide, and one of less than 4 is of no use.
func TestAWindowWithoutASizeIsWideEnough(t *testing.T) {
	for _, size := range []pty.Winsize{{}, {Rows: 24, Cols: 0}, {Rows: 1, Cols: 1}, {Rows: 24, Cols: 3}, {Rows: 0, Cols: 20}} {
		t.Run(fmt.Sprint(size.Cols), func(t *testing.T) {
			s := sit(t)
			require.NoError(t, pty.Setsize(s.tty, &size))
			got := takes(s.open().In)
			long := strings.Repeat("x", width-1)
			s.types(long)
			assert.Equal(t, long, s.sees(long))
			s.types("\r")
			assert.Equal(t, taken{long, nil}, receive(t, got))
		})
	}
}

func TestTheWindowIsFollowed(t *testing.T) {
	s := sit(t)
	takes(s.open().In)
	s.types("abc")
	s.shows(width, "abc| 3,0")
	s.forget()
	require.NoError(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 24, Cols: 10}))
	winch(t)
	s.sees("abc")
	s.types("defghijkl")
	s.sees("\r\njkl")
}

// winch sends SIGWINCH: the kernel sends it only to those whose controlling
// terminal it is.
func winch(t *testing.T) { require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGWINCH)) }

// Fault T7: a user who attached to a container's terminal did not see the rows painted
// before. docker changes the size there and back, which is sometimes one signal.
func TestASignalOfAResizePaintsAgainThoughTheSizeIsTheSame(t *testing.T) {
	s := sit(t)
	c := s.open()
	c.Prompt("File name: ")
	takes(c.In)
	s.types("half")
	s.shows(width, "File name: half| 15,0")
	for range 3 {
		s.forget()
		winch(t)
		s.shows(width, "File name: half| 15,0")
	}
}

func TestAResizeOfAnEmptyLineWritesNothing(t *testing.T) {
	s := sit(t)
	c := s.open()
	for _, cols := range []uint16{81, 80, 80} {
		require.NoError(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 24, Cols: cols}))
		winch(t)
	}
	_, err := c.Out.Write([]byte("one\n"))
	require.NoError(t, err)
	c.Close()
	assert.Equal(t, "one\r\n", s.all())
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

	require.NoError(t, term.Restore(int(s.tty.Fd()), raw)) // another program uses the terminal now
	c.Close()
	assert.Equal(t, raw, state(), "closed once more")
}
