package vt

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestScreenShows(t *testing.T) {
	for name, c := range map[string]struct {
		written, want string
	}{
		"lines":               {"one\r\ntwo\r\n", "one|two"},
		"overwritten":         {"abcdef\rxy", "xycdef"},
		"backspace":           {"abc\b\bX", "aXc"},
		"wrapped":             {"0123456789ab", "0123456789|ab"},
		"full, then a line":   {"0123456789\r\nab", "0123456789|ab"},
		"scrolled":            {"1\r\n2\r\n3\r\n4\r\n5", "2|3|4|5"},
		"moved":               {"abc\x1b[2DX\x1b[B\x1b[AY", "aXY"},
		"row and column":      {"\x1b[2;3Hx\x1b[Hy\x1b[5Gz", "y   z|  x"},
		"erased to the end":   {"abcdef\x1b[4D\x1b[K", "ab"},
		"erased to here":      {"abcdef\x1b[4D\x1b[1K", "   def"},
		"erased row":          {"a\r\nabcdef\x1b[2K", "a"},
		"erased screen":       {"a\r\nb\r\nc\x1b[2J\x1b[Hd", "d"},
		"erased below":        {"a\r\nb\r\nc\x1b[2A\x1b[J", "a"},
		"colours and modes":   {"\x1b[1;31mred\x1b[0m\x1b[?2004h!", "red!"},
		"other escapes":       {"\x1b=a\x1b>b\x07", "ab"},
		"letters of all kind": {"äöü 漢字", "äöü 漢字"},
		"a line editor":       {"half\r\x1b[Kincoming\r\nhalf", "incoming|half"},
		"beyond the edges":    {"\x1b[99A\x1b[99D\x1b[99B\x1b[99Cx", "|||         x"},
	} {
		t.Run(name, func(t *testing.T) {
			whole, bytewise := New(10, 4), New(10, 4)
			_, _ = whole.Write([]byte(c.written))
			for _, b := range []byte(c.written) {
				_, _ = bytewise.Write([]byte{b})
			}
			for _, s := range []*Screen{whole, bytewise} {
				assert.Equal(t, c.want, strings.TrimRight(strings.Join(s.Rows(), "|"), "|"))
			}
		})
	}
}

func TestCursor(t *testing.T) {
	s := New(10, 4)
	_, _ = s.Write([]byte("ab\r\nc"))
	x, y := s.Cursor()
	assert.Equal(t, []int{1, 1}, []int{x, y})
}

func FuzzScreen(f *testing.F) {
	f.Add([]byte("a\r\n\x1b[99;99H\x1b[J\x1b[1J\x1b[-1A\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := New(7, 3)
		_, _ = s.Write(b)
		x, y := s.Cursor()
		if x < 0 || x >= 7 || y < 0 || y >= 3 || len(s.Rows()) != 3 {
			t.Fatalf("cursor at %d,%d", x, y)
		}
	})
}
