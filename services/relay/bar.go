package relay

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/clipperhouse/displaywidth"
)

const (
	barEvery    = 100 * time.Millisecond // how often a bar is drawn
	barColumns  = 80                     // of a terminal that does not say how wide it is
	barSmallest = 10                     // columns, without its brackets; where there is less room there is none
	nameColumns = 24                     // that a name gets before there is a bar
)

// bar is the Progress of a file at a terminal: one row, drawn over itself, that
// fits the width that the terminal has at that moment.
type bar struct {
	out     io.Writer
	columns func() int // of the terminal; 0: not known
	name    string
	size    int64
	began   time.Time

	mu    sync.Mutex
	here  int64 // bytes
	added int64 // of them, since it began
	drawn time.Time
	width int // of the row that is on the screen; 0: none is
	ended bool
}

func newBar(out io.Writer, columns func() int, name string, size, here int64) *bar {
	b := &bar{out: out, columns: columns, name: name, size: size, here: here, began: time.Now()}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drawLocked()
	return b
}

// Add counts bytes that have come. With the last the row stays, complete.
func (b *bar) Add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.here += int64(n)
	b.added += int64(n)
	switch {
	case b.ended:
	case b.here >= b.size:
		b.drawLocked()
		b.endLocked()
	case time.Since(b.drawn) >= barEvery:
		b.drawLocked()
	}
}

// Clear takes the row off the screen until it is drawn again.
func (b *bar) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended || b.width == 0 {
		return
	}
	_, _ = fmt.Fprintf(b.out, "\r%s\r", strings.Repeat(" ", min(b.width, b.columnsLocked())))
	b.width = 0
	b.drawn = time.Time{}
}

// Exit leaves the row as it is.
func (b *bar) Exit() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.endLocked()
}

func (b *bar) endLocked() {
	if !b.ended {
		_, _ = io.WriteString(b.out, "\n") // a row that can't be drawn is no reason to stop
	}
	b.ended = true
}

// columnsLocked returns how wide a row may be. A terminal wraps, some of them at once, when
// its last column is written to.
func (b *bar) columnsLocked() int {
	columns := b.columns()
	if columns <= 0 {
		columns = barColumns
	}
	return max(columns-1, 1)
}

// drawLocked draws the row. Blanks at its end cover the one before it: no escape
// sequence is needed, which not every terminal knows.
func (b *bar) drawLocked() {
	columns := b.columnsLocked()
	row := b.row(columns, time.Since(b.began))
	width := displaywidth.String(row)
	blanks := max(min(b.width, columns)-width, 0)
	_, _ = fmt.Fprintf(b.out, "\r%s%s", row, strings.Repeat(" ", blanks)) // as in endLocked
	b.drawn, b.width = time.Now(), width
}

// row returns the row: the name, the bar, and the numbers. Where there is less room
// the bar goes first, then the end of the name, then that of the numbers.
func (b *bar) row(columns int, took time.Duration) string {
	percent := 100
	if b.size > 0 {
		percent = int(b.here * 100 / b.size)
	}
	rate := "- "
	if took > 0 {
		rate = bytesOf(int64(float64(b.added) / took.Seconds()))
	}
	numbers := fmt.Sprintf(" %3d%% %s/%s %s/s", percent, bytesOf(b.here), bytesOf(b.size), rate)
	room := columns - displaywidth.String(numbers)
	if room <= 0 {
		return cut(strings.TrimLeft(numbers, " "), columns)
	}
	name := cut(b.name, room)
	if room-displaywidth.String(name) < barSmallest+3 {
		name = cut(b.name, max(room-barSmallest-3, min(nameColumns, room)))
	}
	inner := room - displaywidth.String(name) - 3
	if inner < barSmallest {
		return name + numbers
	}
	done := inner * percent / 100
	return name + " [" + strings.Repeat("=", done) + strings.Repeat(" ", inner-done) + "]" + numbers
}

// cut returns text, or as much of its beginning as fits into so many columns with
// an ellipsis behind it. It does not cut characters apart that are made of several
// code points.
func cut(text string, columns int) string {
	return displaywidth.TruncateString(text, columns, "…")
}

// bytesOf writes a number of bytes in the unit that suits it.
func bytesOf(n int64) string {
	value, units := float64(n), []string{"B", "kB", "MB", "GB"}
	for len(units) > 1 && value >= 1000 {
		value /= 1000
		units = units[1:]
	}
	if units[0] == "B" || value >= 100 {
		return fmt.Sprintf("%.0f %s", value, units[0])
	}
	return fmt.Sprintf("%.1f %s", value, units[0])
}
