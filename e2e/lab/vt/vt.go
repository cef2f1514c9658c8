// Package vt is as much of a terminal as is needed to read what a person at it
// would: it keeps a grid of characters and understands what line editors write
// to move the cursor and to erase. Colours and modes are taken in and ignored.
package vt

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Screen is the grid. The zero value is not usable: see New. It is not for
// several goroutines at the same time.
type Screen struct {
	cols, rows int
	cells      [][]rune
	x, y       int
	wrap       bool // the cursor is behind the last column
	held       []byte
}

// New returns an empty screen of that size, its cursor at the top left.
func New(cols, rows int) *Screen {
	s := &Screen{cols: cols, rows: rows}
	for range rows {
		s.cells = append(s.cells, s.blank())
	}
	return s
}

// Rows returns the text of all rows, without blanks at their ends.
func (s *Screen) Rows() []string {
	rows := make([]string, s.rows)
	for i, row := range s.cells {
		rows[i] = strings.TrimRight(string(row), " ")
	}
	return rows
}

// Cursor returns the column and row of the cursor, from 0.
func (s *Screen) Cursor() (x, y int) { return s.x, s.y }

// Write shows what a program wrote. What is cut off within a character or a
// control sequence waits for the rest. It never fails.
func (s *Screen) Write(p []byte) (int, error) {
	b := append(s.held, p...)
	for len(b) > 0 {
		n := s.take(b)
		if n == 0 {
			break
		}
		b = b[n:]
	}
	s.held = append([]byte(nil), b...)
	return len(p), nil
}

// take shows the first character or obeys the first control sequence of b and
// returns its length; 0 if it is not complete.
func (s *Screen) take(b []byte) int {
	switch b[0] {
	case '\r':
		s.x, s.wrap = 0, false
	case '\n':
		s.down()
	case '\b':
		s.x, s.wrap = max(s.x-1, 0), false
	case 0x1b:
		return s.escape(b)
	default:
		if b[0] < ' ' {
			return 1
		}
		if !utf8.FullRune(b) {
			return 0
		}
		r, n := utf8.DecodeRune(b)
		s.put(r)
		return n
	}
	return 1
}

// escape obeys ESC [ PARAMETERS FINAL, passes over ESC and one character, and
// returns the length.
func (s *Screen) escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	if b[1] != '[' {
		return 2
	}
	for i := 2; i < len(b); i++ {
		if '@' <= b[i] && b[i] <= '~' {
			s.control(b[i], string(b[2:i]))
			return i + 1
		}
	}
	return 0
}

func (s *Screen) control(final byte, parameters string) {
	if strings.HasPrefix(parameters, "?") {
		return
	}
	var numbers [2]int
	for i, p := range strings.SplitN(parameters, ";", 3)[:min(2, 1+strings.Count(parameters, ";"))] {
		numbers[i], _ = strconv.Atoi(p) // absent is 0
	}
	n := max(numbers[0], 1)
	s.wrap = false
	switch final {
	case 'A':
		s.y = max(s.y-n, 0)
	case 'B':
		s.y = min(s.y+n, s.rows-1)
	case 'C':
		s.x = min(s.x+n, s.cols-1)
	case 'D':
		s.x = max(s.x-n, 0)
	case 'G':
		s.x = min(n, s.cols) - 1
	case 'H', 'f':
		s.y, s.x = min(n, s.rows)-1, min(max(numbers[1], 1), s.cols)-1
	case 'K':
		s.eraseRow(numbers[0])
	case 'J':
		s.erase(numbers[0])
	}
}

// eraseRow erases the row from the cursor on, up to it, or all of it.
func (s *Screen) eraseRow(what int) {
	from, to := s.x, s.cols
	if what > 0 {
		from = 0
	}
	if what == 1 {
		to = s.x + 1
	}
	copy(s.cells[s.y][from:to], s.blank())
}

// erase erases the screen from the cursor on, up to it, or all of it.
func (s *Screen) erase(what int) {
	from, to := s.y+1, s.rows
	if what > 0 {
		from = 0
	}
	if what == 1 {
		to = s.y
	}
	for y := from; y < to; y++ {
		s.cells[y] = s.blank()
	}
	s.eraseRow(what)
}

func (s *Screen) put(r rune) {
	if s.wrap {
		s.x, s.wrap = 0, false
		s.down()
	}
	s.cells[s.y][s.x] = r
	if s.x == s.cols-1 {
		s.wrap = true
	} else {
		s.x++
	}
}

// down moves the cursor a row down; at the bottom all rows move up instead.
func (s *Screen) down() {
	if s.y < s.rows-1 {
		s.y++
		return
	}
	s.cells = append(s.cells[1:], s.blank())
}

func (s *Screen) blank() []rune {
	row := make([]rune, s.cols)
	for i := range row {
		row[i] = ' '
	}
	return row
}
