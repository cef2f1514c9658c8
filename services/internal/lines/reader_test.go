package lines

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// transcript reads r to its end, skips lines that are too long, and returns the result
// of each call.
func transcript(r *Reader) []string {
	var got []string
	for {
		line, err := r.Next()
		switch {
		case err == nil:
			got = append(got, fmt.Sprintf("line %q", line))
		case errors.Is(err, ErrTooLong):
			n, _ := r.SkipLine() // Next meets the same error
			got = append(got, fmt.Sprintf("skipped %d", n))
		case errors.Is(err, io.ErrUnexpectedEOF):
			return append(got, fmt.Sprintf("cut %q", r.Rest()))
		default:
			return append(got, err.Error())
		}
	}
}

// chunkings are ways in which the same bytes may come in.
var chunkings = map[string]func(io.Reader) io.Reader{
	"as they are":             func(r io.Reader) io.Reader { return r },
	"byte by byte":            iotest.OneByteReader,
	"in halves":               iotest.HalfReader,
	"with the end":            iotest.DataErrReader,
	"byte by byte, with end":  func(r io.Reader) io.Reader { return iotest.DataErrReader(iotest.OneByteReader(r)) },
	"with an empty read each": func(r io.Reader) io.Reader { return &stutter{Reader: iotest.OneByteReader(r)} },
}

// stutter returns nothing every other time, as an io.Reader may.
type stutter struct {
	io.Reader
	odd bool
}

func (s *stutter) Read(p []byte) (int, error) {
	if s.odd = !s.odd; s.odd {
		return 0, nil
	}
	return s.Reader.Read(p)
}

func TestReader(t *testing.T) {
	const bound = 5
	for name, test := range map[string]struct {
		in   string
		want []string
	}{
		"nothing":                       {"", []string{"EOF"}},
		"LF":                            {"a\nbc\n", []string{`line "a"`, `line "bc"`, "EOF"}},
		"CRLF":                          {"a\r\nbc\r\n", []string{`line "a"`, `line "bc"`, "EOF"}},
		"both":                          {"a\r\nb\nc\r\n", []string{`line "a"`, `line "b"`, `line "c"`, "EOF"}},
		"a lone CR is text":             {"a\rb\n\r\r\n", []string{`line "a\rb"`, `line "\r"`, "EOF"}},
		"empty lines":                   {"\n\r\n\n", []string{`line ""`, `line ""`, `line ""`, "EOF"}},
		"NUL and bytes beyond UTF-8":    {"\x00\xff\n", []string{`line "\x00\xff"`, "EOF"}},
		"at the bound":                  {"12345\n12345\r\n", []string{`line "12345"`, `line "12345"`, "EOF"}},
		"one over it":                   {"123456\nok\n", []string{"skipped 7", `line "ok"`, "EOF"}},
		"one over it, CRLF":             {"123456\r\nok\n", []string{"skipped 8", `line "ok"`, "EOF"}},
		"a CR that is one over it":      {"12345\r6\nok\n", []string{"skipped 8", `line "ok"`, "EOF"}},
		"CR CRLF at the bound":          {"1234\r\r\nok\n", []string{`line "1234\r"`, `line "ok"`, "EOF"}},
		"over it twice":                 {"1234567\n12345678\nok\n", []string{"skipped 8", "skipped 9", `line "ok"`, "EOF"}},
		"longer than any buffer":        {strings.Repeat("x", 200<<10) + "\nok\n", []string{"skipped 204801", `line "ok"`, "EOF"}},
		"the last line was cut":         {"a\nbc", []string{`line "a"`, `cut "bc"`}},
		"cut within CRLF":               {"a\nbc\r", []string{`line "a"`, `cut "bc\r"`}},
		"cut at the bound":              {"12345", []string{`cut "12345"`}},
		"cut within CRLF, at the bound": {"12345\r", []string{`cut "12345\r"`}},
		"cut and over the bound":        {"a\n123456", []string{`line "a"`, "skipped 6", "EOF"}},
	} {
		t.Run(name, func(t *testing.T) {
			for chunking, chunked := range chunkings {
				assert.Equal(t, test.want, transcript(NewReader(chunked(strings.NewReader(test.in)), bound)), chunking)
			}
		})
	}
}

func TestALineMayBeEmptyOrNothing(t *testing.T) {
	assert.Equal(t, []string{`line ""`, `line ""`, "skipped 2", "EOF"},
		transcript(NewReader(strings.NewReader("\n\r\nx\n"), 0)))
}

func TestTheEndIsToldAgainAndAgain(t *testing.T) {
	for in, want := range map[string]error{"": io.EOF, "cut": io.ErrUnexpectedEOF} {
		r := NewReader(strings.NewReader(in), 10)
		for range 3 {
			_, err := r.Next()
			require.ErrorIs(t, err, want)
			require.Equal(t, in, string(r.Rest()))
		}
	}
}

func TestReadyTellsWhetherNextWouldRead(t *testing.T) {
	read := 0
	src := iotest.OneByteReader(strings.NewReader("?")) // what is read once the first string is used up
	r := NewReader(readFunc(func(p []byte) (int, error) {
		if read++; read == 1 {
			return copy(p, "a\n\nbc"), nil
		}
		return src.Read(p)
	}), 10)

	assert.False(t, r.Ready(), "nothing has been read")
	for _, left := range []bool{true, false} {
		_, err := r.Next()
		require.NoError(t, err)
		assert.Equal(t, left, r.Ready())
	}
	assert.Equal(t, 1, read, "reads for two lines that came together")
	assert.Equal(t, "bc", string(r.Rest()))
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
