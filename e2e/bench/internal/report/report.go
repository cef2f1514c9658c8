// Package report shows what was measured, at a terminal and in the documentation.
package report

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"peerlab/e2e/bench/internal/rounds"
	"peerlab/e2e/bench/internal/stats"
)

// Run is all results of one run, and where they were measured.
type Run struct {
	Begun   time.Time
	Took    time.Duration
	Commit  string
	Cores   int
	Facts   []Fact
	Results []rounds.Result
}

// Fact is something about the machine or the versions.
type Fact struct{ Name, Value string }

// Text returns the report, in Markdown.
func (r *Run) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured by `make bench` at commit %s on %d cores, on %s in %.0f seconds.\n\n",
		r.Commit, r.Cores, r.Begun.Format("2 January 2006"), r.Took.Seconds())
	facts := [][]string{{"", ""}}
	for _, f := range r.Facts {
		facts = append(facts, []string{f.Name, f.Value})
	}
	b.WriteString(table(facts) + "\n" + r.targets())
	for _, result := range r.Results {
		b.WriteString("\n" + measurements(result))
	}
	return b.String()
}

// targets is the table of what should be reached.
func (r *Run) targets() string {
	rows := [][]string{{"row", "ratio (of the values unless stated), per round", "median (min – max)", "rounds", "target", "met"}}
	for _, result := range r.Results {
		for _, t := range result.Targets {
			got := result.Judge(t)
			what, unit := result.Short+": "+t.Side+" / "+t.Peer, ""
			if t.Peer == "" {
				what, unit = result.Short+": "+t.Side+" itself", " "+result.Unit
			}
			if t.Of != rounds.Value {
				what += ", " + string(t.Of)
			}
			row := []string{result.Name, what, spread(got) + unit, fmt.Sprint(got.N), "", ""}
			switch {
			case t.AtLeast > 0:
				row[4], row[5] = "≥ "+decimals(t.AtLeast)+unit, yes(got.Median >= t.AtLeast)
			case t.AtMost > 0:
				row[4], row[5] = "≤ "+decimals(t.AtMost)+unit, yes(got.Median <= t.AtMost)
			}
			if got.N == 0 {
				row[2], row[3], row[5] = "–", "", "not measured"
			}
			rows = append(rows, row)
		}
	}
	return table(rows)
}

func yes(met bool) string {
	if met {
		return "yes"
	}
	return "**no**"
}

// measurements is the table of one row's sides.
func measurements(r rounds.Result) string {
	p99 := func(s rounds.Sample) float64 { return s.P99 }
	timed := slices.ContainsFunc(r.Sides, func(s rounds.Side) bool { return r.Median(s.Name, p99) > 0 })
	rows := [][]string{{"", r.Unit + ", median (min – max)", "rounds", "CPU s for " + r.Cost + ": programs", "load generator", "peak MiB"}}
	if timed {
		rows[0] = append(rows[0], "p99")
	}
	for _, side := range r.Sides {
		row := make([]string, len(rows[0]))
		row[0], row[1] = side.Name, string(r.Absent[side.Name])
		if values := r.Values(side.Name); values.N > 0 {
			copy(row[1:], []string{
				spread(values), fmt.Sprint(values.N),
				known(r.Median(side.Name, func(s rounds.Sample) float64 { return s.CPU })),
				known(r.Median(side.Name, func(s rounds.Sample) float64 { return s.Own })),
				known(r.Median(side.Name, func(s rounds.Sample) float64 { return s.Peak / (1 << 20) })),
			})
			if timed {
				row[6] = known(r.Median(side.Name, p99))
			}
		}
		rows = append(rows, row)
	}
	counted := r.Counted()
	var others []float64
	for _, i := range counted {
		others = append(others, 100*r.Others[i])
	}
	return fmt.Sprintf("**%s: %s** (%d of %d rounds count; other processes had %.0f %% of the machine in them)\n\n%s",
		r.Name, r.Title, len(counted), len(r.Others), stats.Of(others).Median, table(rows))
}

// The lines of a page between which Write puts the report.
const (
	begin = "<!-- make bench writes from here -->\n"
	end   = "<!-- to here -->\n"
)

// Write puts the report into a page, in place of an earlier one.
func (r *Run) Write(page string) error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s: there is no place for the report: it goes between the lines %q and %q", page, begin, end)
	}
	return os.WriteFile(page, []byte(before+begin+"\n"+r.Text()+"\n"+end+after), 0o644)
}
