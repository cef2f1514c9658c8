package lines

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// split returns the expected transcript of a Reader of data, computed from all of the
// data at once.
func split(data []byte, bound int) []string {
	var want []string
	for {
		line, rest, ended := bytes.Cut(data, []byte("\n"))
		text := bytes.TrimSuffix(line, []byte("\r"))
		switch {
		case !ended && len(line) == 0:
			return append(want, "EOF")
		case !ended && len(text) > bound:
			return append(want, fmt.Sprintf("skipped %d", len(line)), "EOF")
		case !ended:
			return append(want, fmt.Sprintf("cut %q", line))
		case len(text) > bound:
			want = append(want, fmt.Sprintf("skipped %d", len(line)+1))
		default:
			want = append(want, fmt.Sprintf("line %q", text))
		}
		data = rest
	}
}

// chunks hands out data in pieces of the sizes given, over and over; 0 is a
// read that returns nothing. The last piece comes together with io.EOF if atOnce.
type chunks struct {
	data   []byte
	sizes  []byte
	turn   int
	atOnce bool
}

func (c *chunks) Read(p []byte) (int, error) {
	size := 1
	if len(c.sizes) > 0 {
		size = int(c.sizes[c.turn%len(c.sizes)])
	}
	c.turn++
	if c.turn%8 == 0 {
		size = max(size, 1) // the sizes may all be 0
	}
	n := copy(p[:min(size, len(p))], c.data)
	c.data = c.data[n:]
	if len(c.data) == 0 && (n == 0 || c.atOnce) {
		return n, io.EOF
	}
	return n, nil
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("a\nbc\r\n\r\n\ncut"), uint16(2), []byte{1, 2, 3}, false)
	f.Add([]byte("12345\r\n12345\r6\n123456\n"), uint16(5), []byte{6, 0, 1}, true)
	f.Add([]byte("12345\r"), uint16(5), []byte{}, false)
	f.Add([]byte("123456"), uint16(5), []byte{0, 255}, true)
	f.Add(bytes.Repeat([]byte("0123456789abcdef"), 100), uint16(1300), []byte{200}, false)
	f.Add([]byte("\nx\n"), uint16(0), []byte{1}, false)
	f.Fuzz(func(t *testing.T, data []byte, bound uint16, sizes []byte, atOnce bool) {
		r := NewReader(&chunks{data: data, sizes: sizes, atOnce: atOnce}, int(bound))
		require.Equal(t, split(data, int(bound)), transcript(r))
	})
}

func FuzzEscape(f *testing.F) {
	for _, text := range []string{
		"", "hello", "\x1b]0;title\x07", "\u009b31m", "\x9b", "\u202eabc", "caf\u00e9", "\xe2\x82", `\x1b`, "a\tb",
		strings.Repeat("~", 40) + "\x7f\xff", strings.Repeat(" ", 31) + "\x1f", strings.Repeat("\xfe\xff", 20),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		escaped := Escape([]byte("kept"), text)
		require.Equal(t, "kept", string(escaped[:4]))
		escaped = escaped[4:]
		require.True(t, utf8.Valid(escaped), "%q", escaped)
		require.True(t, Clean(escaped), "%q", escaped)
		require.Equal(t, string(escaped), string(Escape(nil, escaped)), "escaped once more")
		require.Equal(t, Clean(text), bytes.Equal(escaped, text), "Clean(%q), which becomes %q", text, escaped)
		require.Equal(t, utf8.Valid(text) && !bytes.ContainsFunc(text, steers), Clean(text), "%q, rune by rune", text)
		require.True(t, Clean([]byte(Quote(text))), "%s", Quote(text))
	})
}
