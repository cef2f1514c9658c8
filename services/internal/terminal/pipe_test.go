package terminal

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
)

// pipe returns both ends of a pipe that last as long as the test.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return r, w
}

// fed returns a console whose stdin is a pipe that holds text and then ends.
func fed(t *testing.T, text string) *Console {
	t.Helper()
	r, w := pipe(t)
	go func() {
		_, err := w.WriteString(text)
		assert.NoError(t, err)
		w.Close()
	}()
	c, err := Open(r, os.Stdout, os.Stderr)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestPipedLines(t *testing.T) {
	full := strings.Repeat("x", MaxLine)
	for name, test := range map[string]struct {
		in   string
		want []string
	}{
		"nothing":                    {"", nil},
		"lines":                      {"a\nb\n", []string{"a", "b"}},
		"CRLF":                       {"a\r\nb\r\n", []string{"a", "b"}},
		"empty ones":                 {"\n\n", []string{"", ""}},
		"a last one without its end": {"a\nb", []string{"a", "b"}},
		"and with half of it":        {"a\r\nb\r", []string{"a", "b"}},
		"what a terminal would act on": {
			"a\x03b\x04\x1b[A\n", []string{"a\x03b\x04\x1b[A"},
		},
		"as long as is allowed":          {full + "\n" + full, []string{full, full}},
		"too long":                       {"a\n" + full + "x\nb\n", []string{"a", "too long", "b"}},
		"too long, and without its end":  {"a\n" + full + "x", []string{"a", "too long"}},
		"much too long, without its end": {full + full + full, []string{"too long"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := fed(t, test.in).In
			var got []string
			for {
				line, err := in.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					require.ErrorIs(t, err, lines.ErrTooLong)
					_, _ = in.SkipLine() // Next meets the same error
					line = []byte("too long")
				}
				got = append(got, string(line))
			}
			assert.Equal(t, test.want, got)
			for range 2 {
				_, err := in.Next()
				assert.Equal(t, io.EOF, err, "once more")
			}
		})
	}
}

func TestReadyWithoutWaiting(t *testing.T) {
	in := fed(t, "a\nb\nc").In
	assert.False(t, in.Ready(), "nothing has been read")
	for _, left := range []bool{true, false} {
		_, err := in.Next()
		require.NoError(t, err)
		assert.Equal(t, left, in.Ready())
	}
}

func TestPipedStreamsGoThroughUnchanged(t *testing.T) {
	in, _ := pipe(t)
	out, outEnd := pipe(t)
	errs, errsEnd := pipe(t)
	c, err := Open(in, outEnd, errsEnd)
	require.NoError(t, err)
	const text = "\x1b[31mone\ntwo\r\n\x00"
	for _, stream := range []struct {
		to   io.Writer
		from *os.File
	}{{c.Out, out}, {c.Err, errs}} {
		_, err = io.WriteString(stream.to, text)
		require.NoError(t, err)
		got := make([]byte, len(text))
		_, err = io.ReadFull(stream.from, got)
		require.NoError(t, err)
		assert.Equal(t, text, string(got))
	}
	c.Close()
	c.Close()
}

// A program whose screen goes to a file is not edited at, whatever its stdin is.
func TestOneEndThatIsNoTerminal(t *testing.T) {
	for name, ends := range map[string]func(t *testing.T, tty *os.File) (in, out *os.File){
		"stdin": func(t *testing.T, tty *os.File) (in, out *os.File) {
			in, _ = pipe(t)
			return in, tty
		},
		"stdout": func(t *testing.T, tty *os.File) (in, out *os.File) {
			_, out = pipe(t)
			return tty, out
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := sit(t)
			in, out := ends(t, s.tty)
			c, err := Open(in, out, s.tty)
			require.NoError(t, err)
			defer c.Close()
			assert.IsType(t, &piped{}, c.In)
			assert.Equal(t, patient{out}, c.Out)
			assert.Equal(t, patient{s.tty}, c.Err)
		})
	}
}

func TestALogThatIsNoTerminalStaysApart(t *testing.T) {
	s := sit(t)
	log, logEnd := pipe(t)
	c, err := Open(s.tty, s.tty, logEnd)
	require.NoError(t, err)
	_, err = io.WriteString(c.Err, "WRN something\n")
	require.NoError(t, err)
	got := make([]byte, len("WRN something\n"))
	_, err = io.ReadFull(log, got)
	require.NoError(t, err)
	assert.Equal(t, "WRN something\n", string(got))
	c.Close()
	assert.Empty(t, s.all())
}
