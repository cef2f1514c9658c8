package terminal

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
	"github.com/clipperhouse/uax29/v2/graphemes"

	"peerlab/services/internal/lines"
)

// circle is what a terminal draws an accent on that has no letter.
const circle = "\u25cc"

// notSent follows a text of which more was typed than can be sent.
const notSent = " (too long: not sent)"

// drawing is a prompt and a text as rows that no terminal wraps.
type drawing struct {
	rows []string
	row  int // the cursor's, and in it
	col  int // how many bytes are before the cursor
}

// draw lays out a prompt and what is typed in rows of at most cols-1 columns.
//
// Terminals disagree about how wide text is: an emoji with joiners takes two
// columns in one, eight in another. So a row is filled by the widest that any is
// known to draw, and the cursor is placed behind text, not at a column. A cluster
// that might not fit in a row is divided where a terminal without joiners would
// draw its parts apart.
//
// The text is shown escaped, as it will be sent.
func draw(prompt string, e *editor, cols int) drawing {
	l := layout{room: cols - 1}
	l.add(prompt)
	d := drawing{row: -1}
	g := graphemes.FromBytes(e.text)
	for g.Next() {
		piece := shown(g.Value())
		l.fit(piece)
		if d.row < 0 && e.at <= g.Start() {
			d.row, d.col = len(l.rows), l.row.Len()
		}
		l.put(piece)
	}
	if d.row < 0 {
		d.row, d.col = len(l.rows), l.row.Len()
	}
	if e.tooLong {
		l.add(notSent)
	}
	d.rows = append(l.rows, l.row.String())
	return d
}

// plain returns a prompt and what is typed as one line.
func plain(prompt string, e *editor) string {
	text := prompt + string(lines.Escape(nil, e.text))
	if e.tooLong {
		text += notSent
	}
	return text
}

// shown returns a cluster as a terminal is to show it: escaped, and on a dotted
// circle if it begins without a width, such as an accent without a letter. A terminal would
// drop that at the start of a row, or add it to the prompt.
func shown(cluster []byte) string {
	if !lines.Clean(cluster) {
		return string(lines.Escape(nil, cluster))
	}
	if r, _ := utf8.DecodeRune(cluster); displaywidth.Rune(r) == 0 {
		return circle + string(cluster)
	}
	return string(cluster)
}

// layout fills rows.
type layout struct {
	room int
	rows []string // that are full
	row  strings.Builder
	used int // columns of row
}

func (l *layout) add(text string) {
	for g := graphemes.FromString(text); g.Next(); {
		l.fit(g.Value())
		l.put(g.Value())
	}
}

// fit begins a new row if the piece might not fit in this one.
func (l *layout) fit(piece string) {
	if l.used > 0 && l.used+widest(piece) > l.room {
		l.rows = append(l.rows, l.row.String())
		l.row.Reset()
		l.used = 0
	}
}

func (l *layout) put(piece string) {
	width := widest(piece)
	if width > l.room {
		l.divide(piece)
		return
	}
	l.row.WriteString(piece)
	l.used += width
}

// divide puts a piece that does not fit in a row rune by rune. A rune without a
// width stays with the one before it as long as that fits.
func (l *layout) divide(piece string) {
	part := ""
	for _, r := range piece {
		standing := displaywidth.Rune(r) > 0
		if part != "" && (standing || widest(part+string(r)) > l.room) {
			l.place(part)
			part = ""
		}
		if part == "" && !standing {
			part = circle
		}
		part += string(r)
	}
	l.place(part)
}

func (l *layout) place(part string) {
	l.fit(part)
	l.row.WriteString(part)
	l.used += widest(part)
}

// widths are those of a terminal that draws ambiguous characters wide, as East
// Asian ones do.
var widths = displaywidth.Options{EastAsianWidth: true}

// widest returns the most columns that a terminal may draw a piece in. A
// terminal without support for clusters draws each rune, possibly those without a
// width as well.
func widest(piece string) int {
	if len(piece) == 1 {
		return 1
	}
	sum := 0
	for _, r := range piece {
		if r < utf8.RuneSelf {
			sum++
		} else {
			sum += max(1, widths.Rune(r))
		}
	}
	return max(sum, widths.String(piece))
}

// wraps returns how often a terminal of that many columns wraps a row.
func wraps(row string, cols int) (times int) {
	x := 0
	for g := displaywidth.StringGraphemes(row); g.Next(); {
		if x += g.Width(); x > cols {
			times++
			x = g.Width()
		}
	}
	return times
}
