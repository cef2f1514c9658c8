package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"peerlab/e2e/bench/internal/rounds"
	"peerlab/e2e/bench/internal/stats"
)

// Tables returns all tables, in Markdown that is easy to read at a terminal.
func (r *Run) Tables() string {
	var b strings.Builder
	for _, s := range r.Sections {
		fmt.Fprintf(&b, "%s\n%s\n", s.targets(), s.measurements())
	}
	return b.String() + r.facts()
}

// targets is the table of what was to be reached.
func (s *Section) targets() string {
	rows := [][]string{{"ratio of the two, round by round; of their rates if it does not say of what", "median (min – max)", "rounds", "target", "met"}}
	for _, v := range s.verdicts() {
		rows = append(rows, []string{v.what, spread(v.ratio), count(v.ratio.N), v.target, v.met})
	}
	for _, b := range s.Bounds {
		row := []string{b.What, decimals(b.Value) + " " + b.Unit, "1", "", ""}
		if b.Below > 0 {
			row[3], row[4] = "< "+decimals(b.Below)+" "+b.Unit, yes(b.Value < b.Below)
		}
		rows = append(rows, row)
	}
	return table(rows)
}

// measurements has a table for each contest.
func (s *Section) measurements() string {
	var b strings.Builder
	for i, result := range s.Results {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "**%s**%s\n\n%s", result.Title, company(result), contest(result))
	}
	return b.String()
}

func contest(r rounds.Result) string {
	server, client := cmp.Or(r.Roles.Server, "server"), cmp.Or(r.Roles.Client, "client")
	rows := [][]string{{"", r.Rate.Name + ", median (min – max)", "rounds", r.Cost.Name + ": " + server, client, "peak MiB: " + server}}
	timed := slices.ContainsFunc(r.Sides, func(s rounds.Side) bool { _, ok := r.Latencies(s.Name); return ok })
	if timed {
		rows[0] = append(rows[0], "p50 ms", "p99 ms", "p99.9 ms")
	}
	for _, side := range r.Sides {
		if side.Absent != "" {
			row := make([]string, len(rows[0]))
			row[0], row[1] = side.Name, side.Absent
			rows = append(rows, row)
			continue
		}
		rates := stats.Of(r.Rates(side.Name))
		rows = append(rows, []string{
			side.Name, spread(rates), count(rates.N),
			known(stats.Of(r.ServerCosts(side.Name)).Median), known(stats.Of(r.ClientCosts(side.Name)).Median),
			mebibytes(r.Peak(side.Name)),
		})
		if timed {
			l, _ := r.Latencies(side.Name)
			last := &rows[len(rows)-1]
			*last = append(*last, milliseconds(l.P50), milliseconds(l.P99), milliseconds(l.P999))
		}
	}
	return table(rows)
}

// known shows a number, or that it is not known: what is exactly 0 was not
// measured.
func known(x float64) string {
	if x == 0 {
		return "–"
	}
	return decimals(x)
}

// mebibytes shows a number of bytes, or that it is not known.
func mebibytes(n float64) string {
	if n == 0 {
		return "–"
	}
	return decimals(n / (1 << 20))
}

// milliseconds shows a number of seconds, or that it is not known.
func milliseconds(s float64) string {
	if s == 0 {
		return "–"
	}
	if s < 1e-3 {
		return fmt.Sprintf("%.3f", 1e3*s)
	}
	return decimals(1e3 * s)
}

// company says how much of the machine others had, and which rounds count.
func company(r rounds.Result) string {
	counted := r.Counted()
	var shares []float64
	for _, i := range counted {
		shares = append(shares, 100*r.Others[i])
	}
	return fmt.Sprintf(" (%d of %d rounds count; other processes had %.0f %% of the machine in them)", len(counted), len(r.Others), stats.Of(shares).Median)
}

// spread shows a median and what is around it.
func spread(s stats.Spread) string {
	switch s.N {
	case 0:
		return "–"
	case 1:
		return decimals(s.Median)
	}
	return fmt.Sprintf("%s (%s – %s)", decimals(s.Median), decimals(s.Min), decimals(s.Max))
}

// decimals shows a number with the digits that mean something: three, and the
// whole number of a large one.
func decimals(x float64) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case math.Abs(x) >= 100:
		return thousands(fmt.Sprintf("%.0f", x))
	case math.Abs(x) >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// thousands puts a comma before every three digits.
func thousands(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// table writes a Markdown table; the first row is its head. Columns are as wide
// as their widest cell, for those who read it as text.
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
