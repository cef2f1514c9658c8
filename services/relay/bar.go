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
	barEvery    = 100 * time.Millisecond // interval between redraws
	barColumns  = 80                     // width of a terminal whose width is unknown
	barSmallest = 10                     // columns inside the brackets; with less room there is no bar
	nameColumns = 24                     // for the name before room is given to the bar
)

// bar is a Progress for a terminal: one row that is redrawn in place and fits the
// current width.
type bar struct {
	out     io.Writer
	columns func() int // of the terminal; 0: unknown
	name    string
	size    int64
	began   time.Time

	mu    sync.Mutex
	here  int64 // bytes received
	added int64 // of them, by this process
	drawn time.Time
	width int // of the row on the screen; 0: none
	ended bool
}

func newBar(out io.Writer, columns func() int, name string, size, here int64) *bar {
	b := &bar{out: out, columns: columns, name: name, size: size, here: here, began: time.Now()}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drawLocked()
	return b
}

// Add adds received bytes. After the last one the complete row stays.
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

// Clear erases the row until the next redraw.
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

// Exit ends the row and leaves it on the screen.
func (b *bar) Exit() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.endLocked()
}

func (b *bar) endLocked() {
	if !b.ended {
		_, _ = io.WriteString(b.out, "\n") // a failure to draw does not stop the transfer
	}
	b.ended = true
}

// columnsLocked returns the maximal width of a row. It excludes the last column, since
// some terminals wrap as soon as that is written.
func (b *bar) columnsLocked() int {
	columns := b.columns()
	if columns <= 0 {
		columns = barColumns
	}
	return max(columns-1, 1)
}

// drawLocked draws the row. Trailing blanks overwrite the previous row, because not
// every terminal supports the escape sequence that erases it.
func (b *bar) drawLocked() {
	columns := b.columnsLocked()
	row := b.row(columns, time.Since(b.began))
	width := displaywidth.String(row)
	blanks := max(min(b.width, columns)-width, 0)
	_, _ = fmt.Fprintf(b.out, "\r%s%s", row, strings.Repeat(" ", blanks)) // as in endLocked
	b.drawn, b.width = time.Now(), width
}

// row returns the name, the bar and the numbers. If there is not enough room it omits
// the bar, then the end of the name, then the end of the numbers.
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

// cut truncates text to the given number of columns, an ellipsis included. It does not
// split grapheme clusters.
func cut(text string, columns int) string {
	return displaywidth.TruncateString(text, columns, "…")
}

// bytesOf formats a number of bytes with a suitable unit.
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
