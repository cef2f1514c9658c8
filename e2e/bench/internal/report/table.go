package report

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"peerlab/e2e/bench/internal/stats"
)

// spread shows a median and the range around it.
func spread(s stats.Spread) string {
	switch s.N {
	case 0:
		return "–"
	case 1:
		return decimals(s.Median)
	}
	return fmt.Sprintf("%s (%s – %s)", decimals(s.Median), decimals(s.Min), decimals(s.Max))
}

// known shows a number. Exactly 0 is a number that was not measured.
func known(x float64) string {
	if x == 0 {
		return "–"
	}
	return decimals(x)
}

// decimals shows the digits of a number that mean something: three, and the whole number
// of a large one.
func decimals(x float64) string {
	switch size := math.Abs(x); {
	case math.IsNaN(x):
		return "–"
	case size >= 100:
		return thousands(fmt.Sprintf("%.0f", x))
	case size >= 10:
		return fmt.Sprintf("%.1f", x)
	case size >= 0.1 || x == 0:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3f", x)
}

// thousands puts a comma before every three digits.
func thousands(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// table makes a Markdown table; the first row is its head. Columns are as wide as their
// widest cell, so that it can be read as text.
func table(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			fmt.Fprintf(&b, "| %-*s ", widths[i], cell)
		}
		b.WriteString("|\n")
		if n > 0 {
			continue
		}
		for _, w := range widths {
			b.WriteString("|" + strings.Repeat("-", w+2))
		}
		b.WriteString("|\n")
	}
	return b.String()
}
