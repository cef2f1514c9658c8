package terminal

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// screen shows what a terminal of some width makes of the wire: as much of a
// VT100 as x/term makes use of.
type screen struct {
	width int
	rows  [][]rune
	x, y  int
}

var sequence = regexp.MustCompile(`^\x1b\[(\d*)([ABCDK])`)

// show returns the rows, without spaces at their ends, and where the cursor is.
func show(t *testing.T, width int, wire string) string {
	t.Helper()
	s := screen{width: width, rows: make([][]rune, 1)}
	for wire != "" {
		if m := sequence.FindStringSubmatch(wire); m != nil {
			s.obey(m[1], m[2][0])
			wire = wire[len(m[0]):]
			continue
		}
		r, size := utf8.DecodeRuneInString(wire)
		require.True(t, r == '\r' || r == '\n' || r >= ' ' && r != 0x7f, "%q is no text", wire)
		s.put(r)
		wire = wire[size:]
	}
	var b strings.Builder
	for _, row := range s.rows {
		b.WriteString(strings.TrimRight(string(row), " ") + "|")
	}
	return fmt.Sprintf("%s %d,%d", b.String(), s.x, s.y)
}

func (s *screen) obey(number string, what byte) {
	n := 1
	if number != "" {
		n, _ = strconv.Atoi(number)
	}
	switch what {
	case 'A':
		s.y = max(s.y-n, 0)
	case 'B':
		s.y += n
	case 'C':
		s.x = min(s.x+n, s.width-1)
	case 'D':
		s.x = max(s.x-n, 0)
	case 'K':
		s.rows[s.y] = s.rows[s.y][:min(s.x, len(s.rows[s.y]))]
	}
}

func (s *screen) put(r rune) {
	switch {
	case r == '\r':
		s.x = 0
		return
	case r == '\n':
		s.y++
	default:
		if s.x == s.width { // the cursor hangs behind the last column until there is more
			s.x = 0
			s.y++
		}
	}
	for len(s.rows) <= s.y {
		s.rows = append(s.rows, nil)
	}
	if r == '\n' {
		return
	}
	for len(s.rows[s.y]) <= s.x {
		s.rows[s.y] = append(s.rows[s.y], ' ')
	}
	s.rows[s.y][s.x] = r
	s.x++
}

// shows waits until the screen is as wanted: its rows, each with a | behind it,
// then the cursor's column and row.
func (s *seat) shows(width int, want string) {
	s.t.Helper()
	s.until("the screen shows "+want, func(wire string) bool {
		return !strings.HasSuffix(wire, "\x1b") && !unfinished.MatchString(wire) && show(s.t, width, wire) == want
	})
}

// unfinished is a wire of which a read has returned only a part of a sequence.
var unfinished = regexp.MustCompile(`\x1b\[\d*$|[\xc0-\xff][\x80-\xbf]{0,2}$`)

func TestTheTestsOwnScreen(t *testing.T) {
	for wire, want := range map[string]string{
		"":                   "| 0,0",
		"ab":                 "ab| 2,0",
		"ab\r\nc":            "ab|c| 1,1",
		"ab\rc":              "cb| 1,0",
		"abcdef":             "abcde|f| 1,1",
		"abcde":              "abcde| 5,0",
		"abcde\r\n":          "abcde|| 0,1",
		"abc\x1b[2D\x1b[K":   "a| 1,0",
		"ab\r\ncd\x1b[A!":    "ab!|cd| 3,0",
		"ab\r\x1b[1C\x1b[Cx": "abx| 3,0",
	} {
		assert.Equal(t, want, show(t, 5, wire), "%q", wire)
	}
}
