package report

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"

	"peerlab/lab/grade"
)

// CSV writes a class: a row for each submission, with its points in each scenario and in
// all, and the outcomes as words. A score that is not known is an empty cell, and so is the
// total of a submission that cannot be graded; the last cell says why.
func CSV(w io.Writer, class []*grade.Result) error {
	names := scenarioNames(class)
	rows := [][]string{{"submission"}}
	rows[0] = append(rows[0], names...)
	rows[0] = append(rows[0], "points", "max points")
	for _, name := range names {
		rows[0] = append(rows[0], name+": outcome")
	}
	rows[0] = append(rows[0], "remark")
	for _, r := range class {
		r = bounded(r, 0)
		by := byName(r)
		row := []string{r.Submission}
		for _, name := range names {
			row = append(row, scored(by(name)))
		}
		total := ""
		if r.Gradable() {
			got, _ := r.Score()
			total = points(got)
		}
		row = append(row, total, points(r.Max()))
		for _, name := range names {
			row = append(row, string(by(name).Outcome))
		}
		problem, _, _ := strings.Cut(r.Problem, "\n")
		rows = append(rows, append(row, or(whyNot(r), problem)))
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = noFormula(cell)
		}
	}
	out := csv.NewWriter(w)
	return out.WriteAll(rows)
}

// scenarioNames are those of all results, in their order.
func scenarioNames(class []*grade.Result) (names []string) {
	for _, r := range class {
		for _, s := range bounded(r, 0).Scenarios {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// byName returns a function that finds a scenario of a result. One that its rubric does not
// have was not run.
func byName(r *grade.Result) func(name string) *grade.Scored {
	return func(name string) *grade.Scored {
		for i := range r.Scenarios {
			if r.Scenarios[i].Name == name {
				return &r.Scenarios[i]
			}
		}
		return &grade.Scored{Outcome: grade.NotRun}
	}
}

// noFormula makes a text of a cell that a spreadsheet would compute.
func noFormula(cell string) string {
	if first := strings.TrimLeft(cell, " "); first != "" && strings.ContainsAny(first[:1], "=+-@") || strings.IndexAny(first, "＝＋－＠") == 0 {
		return "'" + cell
	}
	return cell
}
