package terminal

import (
	"bytes"
	"strconv"
	"strings"
)

// painter keeps a prompt and a half-typed line below everything else that a
// terminal shows. It does no I/O: it appends its output to out.
//
// It does not rely on how a terminal wraps and counts columns. To move within
// what it has painted it goes up or down by rows that it ended itself, to the
// first column, and prints what is before the cursor again.
type painter struct {
	cols, height int
	out          []byte

	rows   []string // painted, from above; none: nothing is
	row    int      // the cursor's
	before string   // what is before the cursor in its row
	// open reports that the cursor is behind other text, whose line has no end yet.
	open bool
}

const eraseBelow = "\x1b[J"

// paint changes what is painted to d. Behind other text it begins a new line.
func (p *painter) paint(d drawing) {
	d = d.window(max(1, p.height-1))
	blank := len(d.rows) == 1 && d.rows[0] == ""
	last := len(p.rows) - 1
	same := d.common(p.rows)
	switch {
	case blank:
		p.erase()
		return
	case last < 0:
		if p.open {
			p.print("\r\n")
			p.open = false
		}
		p.rows = []string{""}
		p.print(strings.Join(d.rows, "\r\n"))
	case same == len(d.rows) && same == len(p.rows):
		p.place(d)
		return
	case same == last && p.row == last && p.before == p.rows[last] && same < len(d.rows) && strings.HasPrefix(d.rows[same], p.before):
		p.print(strings.Join(d.rows[same:], "\r\n")[len(p.before):])
	default:
		same = min(same, last, len(d.rows)-1)
		p.moveTo(same)
		p.print(eraseBelow + strings.Join(d.rows[same:], "\r\n"))
	}
	p.rows = d.rows
	p.row = len(d.rows) - 1
	p.before = d.rows[p.row]
	p.place(d)
}

// place moves the cursor, within what is painted.
func (p *painter) place(d drawing) {
	before := d.rows[d.row][:d.col]
	switch {
	case d.row == p.row && before == p.before:
	case d.row == p.row && strings.HasPrefix(before, p.before):
		p.print(before[len(p.before):])
	default:
		p.moveTo(d.row)
		p.print(before)
	}
	p.row, p.before = d.row, before
}

// erase removes what is painted.
func (p *painter) erase() {
	if len(p.rows) > 0 {
		p.moveTo(0)
		p.print(eraseBelow)
		p.forget()
	}
}

// forget is for when what was painted is not what the terminal shows any more.
func (p *painter) forget() { p.rows, p.row, p.before = nil, 0, "" }

// write shows other text, in place of what is painted.
func (p *painter) write(text []byte) {
	if len(text) == 0 {
		return
	}
	p.erase()
	for line := range bytes.Lines(text) {
		if end := len(line) - 1; line[end] == '\n' {
			p.out = append(append(p.out, line[:end]...), "\r\n"...)
		} else {
			p.out = append(p.out, line...)
		}
	}
	p.open = text[len(text)-1] != '\n'
}

// finish leaves a line on the screen for good, as one that the terminal wraps
// itself, so that it is one line in a log and when it is copied.
func (p *painter) finish(d drawing, line string) {
	d.row = len(d.rows) - 1
	d.col = len(d.rows[d.row])
	if d.row == 0 {
		p.paint(d)
	} else {
		p.erase()
		if p.open {
			p.print("\r\n")
		}
		p.print(line)
	}
	p.print("\r\n")
	p.open = false
	p.forget()
}

// resize erases what is painted, before it is painted for another size. When a
// window becomes narrower, terminals wrap rows that are too wide and move the
// cursor with its text; rows that were ended are not joined when it becomes wider.
func (p *painter) resize(cols, height int) {
	if cols < p.cols && len(p.rows) > 0 {
		above := p.row + wraps(p.before, cols)
		for _, row := range p.rows[:p.row] {
			above += wraps(row, cols)
		}
		p.row = above
	}
	p.erase()
	p.cols, p.height = cols, height
}

func (p *painter) print(text string) { p.out = append(p.out, text...) }

// moveTo moves the cursor to the first column of a row.
func (p *painter) moveTo(row int) {
	p.print("\r")
	switch n := p.row - row; {
	case n > 0:
		p.print("\x1b[" + count(n) + "A")
	case n < 0:
		p.print("\x1b[" + count(-n) + "B")
	}
	p.row = row
}

func count(n int) string {
	if n == 1 {
		return ""
	}
	return strconv.Itoa(n)
}

// window returns at most height rows of d, with the cursor among them.
func (d drawing) window(height int) drawing {
	if first := min(d.row, len(d.rows)-height); first > 0 {
		d.rows = d.rows[first:]
		d.row -= first
	}
	d.rows = d.rows[:min(height, len(d.rows))]
	return d
}

// common returns how many rows of d are rows as well, from the first on.
func (d drawing) common(rows []string) int {
	n := 0
	for n < len(rows) && n < len(d.rows) && rows[n] == d.rows[n] {
		n++
	}
	return n
}
