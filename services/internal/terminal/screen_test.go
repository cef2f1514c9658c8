package terminal

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fonts are how terminals combine characters and how wide they draw them.
var fonts = map[string]font{
	"clusters": {joins: oneCluster, width: displaywidth.String},
	"runes": {joins: noWidth, width: func(cell string) int {
		r, _ := utf8.DecodeRuneInString(cell)
		return max(1, displaywidth.Rune(r))
	}},
	"runes, the ambiguous wide": {joins: noWidth, width: func(cell string) int {
		r, _ := utf8.DecodeRuneInString(cell)
		return max(1, displaywidth.Options{EastAsianWidth: true}.Rune(r))
	}},
	"a column for each rune at least": {
		joins: func(string, rune) bool { return false },
		width: func(cell string) int { return max(1, displaywidth.String(cell)) },
	},
}

type font struct {
	joins func(cell string, r rune) bool
	width func(cell string) int
}

func oneCluster(cell string, r rune) bool {
	g := graphemes.FromString(cell + string(r))
	return g.Next() && g.End() == len(cell)+utf8.RuneLen(r) || noWidth(cell, r)
}

func noWidth(_ string, r rune) bool { return displaywidth.Rune(r) == 0 }

// screen shows what a terminal makes of the wire: as much of a VT100 as the
// painter makes use of, with the rows that have scrolled off, and wrapped lines
// that are wrapped again when the width changes.
type screen struct {
	font   font
	width  int
	height int // 0: as high as there are rows
	rows   []row
	x, y   int
}

// row is a row's columns. The second column of a wide character is rest.
type row struct {
	cells   []string
	wrapped bool // goes on in the next row
}

const rest = ""

func newScreen(f font, width, height int) *screen {
	return &screen{font: f, width: width, height: height, rows: make([]row, 1)}
}

var control = regexp.MustCompile(`^\x1b\[(\d*)([ABJ])`)

func (s *screen) write(t testing.TB, wire string) {
	for wire != "" {
		if m := control.FindStringSubmatch(wire); m != nil {
			s.obey(m[1], m[2][0])
			wire = wire[len(m[0]):]
			continue
		}
		r, size := utf8.DecodeRuneInString(wire)
		require.True(t, r == '\r' || r == '\n' || r >= ' ' && r != 0x7f && (r != utf8.RuneError || size == 3), "%q is no text", wire)
		s.put(r)
		wire = wire[size:]
	}
}

func (s *screen) obey(number string, what byte) {
	n := 1
	if number != "" {
		n, _ = strconv.Atoi(number)
	}
	s.x = min(s.x, s.width-1)
	switch what {
	case 'A':
		top := 0
		if s.height > 0 {
			top = max(0, len(s.rows)-s.height)
		}
		s.y = max(s.y-n, top)
	case 'B':
		s.y = min(s.y+n, len(s.rows)-1)
	case 'J':
		s.rows = s.rows[:s.y+1]
		s.rows[s.y].cells = s.rows[s.y].cells[:min(s.x, len(s.rows[s.y].cells))]
		s.rows[s.y].wrapped = false
	}
}

func (s *screen) down() {
	if s.y++; s.y == len(s.rows) {
		s.rows = append(s.rows, row{})
	}
}

func (s *screen) put(r rune) {
	switch r {
	case '\r':
		s.x = 0
		return
	case '\n':
		s.down()
		return
	}
	at := s.x - 1
	for at > 0 && s.rows[s.y].cells[at] == rest {
		at--
	}
	if at >= 0 && at < len(s.rows[s.y].cells) && s.font.joins(s.rows[s.y].cells[at], r) {
		s.set(at, s.rows[s.y].cells[at]+string(r))
		return
	}
	if s.x+s.font.width(string(r)) > s.width {
		s.rows[s.y].wrapped = true
		s.down()
		s.x = 0
	}
	s.set(s.x, string(r))
}

// set puts a character at a column, and the cursor behind it.
func (s *screen) set(x int, cell string) {
	cells := s.rows[s.y].cells
	width := max(1, s.font.width(cell)) // one without a width, and with nothing before it, stands for itself
	for len(cells) < x+width {
		cells = append(cells, " ")
	}
	for i := x; i >= 0 && cells[i] == rest; i-- { // half of a wide one is none
		cells[i] = " "
		if i > 0 && cells[i-1] != rest {
			cells[i-1] = " "
		}
	}
	for i := x + width; i < len(cells) && cells[i] == rest; i++ {
		cells[i] = " "
	}
	cells[x] = cell
	for i := x + 1; i < x+width; i++ {
		cells[i] = rest
	}
	s.rows[s.y].cells = cells
	s.x = x + width
}

// resize wraps the lines again. The cursor stays behind the text that it is behind.
func (s *screen) resize(width int) {
	old := s.rows
	x, y := s.x, s.y
	s.rows, s.x, s.y, s.width = make([]row, 1), 0, 0, width
	var atX, atY int
	for i, r := range old {
		for j := 0; j <= len(r.cells); j++ {
			if i == y && (j == x || j == len(r.cells) && x > j) {
				atX, atY = s.x, s.y
			}
			if j == len(r.cells) || r.cells[j] == rest {
				continue
			}
			if s.x+s.font.width(r.cells[j]) > width {
				s.rows[s.y].wrapped = true
				s.down()
				s.x = 0
			}
			s.set(s.x, r.cells[j])
		}
		if !r.wrapped && i < len(old)-1 {
			s.down()
			s.x = 0
		}
	}
	s.x, s.y = atX, atY
}

// String returns the rows, without spaces at their ends, and where the cursor is.
func (s *screen) String() string {
	var b strings.Builder
	for _, row := range s.rows {
		b.WriteString(strings.TrimRight(strings.Join(row.cells, ""), " ") + "|")
	}
	return fmt.Sprintf("%s %d,%d", b.String(), s.x, s.y)
}

// lines returns the lines from the first to the cursor's, each as one however
// often it is wrapped, and what is before the cursor in its own.
func (s *screen) lines() (lines []string, before string) {
	line := ""
	for y, row := range s.rows {
		if y == s.y {
			before = line + strings.Join(row.cells[:min(s.x, len(row.cells))], "")
		}
		line += strings.Join(row.cells, "")
		if !row.wrapped {
			lines = append(lines, line)
			line = ""
		}
	}
	return lines, before
}

// show returns what a screen of some width makes of the wire.
func show(t testing.TB, width int, wire string) string {
	t.Helper()
	s := newScreen(fonts["clusters"], width, 0)
	s.write(t, wire)
	return s.String()
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
		"":                       "| 0,0",
		"ab":                     "ab| 2,0",
		"ab\r\nc":                "ab|c| 1,1",
		"ab\rc":                  "cb| 1,0",
		"abcdef":                 "abcde|f| 1,1",
		"abcde":                  "abcde| 5,0",
		"abcde\r\n":              "abcde|| 0,1",
		"ab\r\ncd\x1b[A!":        "ab!|cd| 3,0",
		"ab\r\ncd\r\x1b[A\x1b[J": "| 0,0",
		"漢字か":                    "漢字|か| 2,1",
		"漢\ra":                   "a| 1,0",
		"e\u0301x":               "e\u0301x| 2,0",
		"👩\u200d👩\u200d👧x":       "👩\u200d👩\u200d👧x| 3,0",
		"🇧🇩x":                    "🇧🇩x| 3,0",
	} {
		assert.Equal(t, want, show(t, 5, wire), "%q", wire)
	}
	s := newScreen(fonts["runes"], 5, 0)
	s.write(t, "👩\u200d👧x")
	assert.Equal(t, "👩\u200d👧x| 5,0", s.String())
	s.write(t, "\r\nab漢")
	s.resize(3)
	assert.Equal(t, "👩\u200d|👧x|ab|漢| 2,3", s.String())
	s.resize(5)
	assert.Equal(t, "👩\u200d👧x|ab漢| 4,1", s.String())
}
