package report

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"peerlab/lab/grade"
)

type (
	// classPage is what the page of a class shows.
	classPage struct {
		Title  string
		Graded string // how many submissions, and their mean
		Common string // the failure that most submissions meet first
		Names  []string
		Passed []string // by scenario
		Rows   []*classRow
		Groups []*classGroup
	}
	classRow struct {
		Result *grade.Result
		Link   string
		Score  float64
		Cells  []grade.Scored
	}
	// classGroup is the submissions whose failures are alike.
	classGroup struct {
		Failed []grade.Scored // of the first of them
		Rows   []*classRow
	}
)

// ClassHTML writes a page of many submissions: what became of each scenario, which failure
// most submissions meet first, and which submissions fail alike. A submission's report is
// expected at SUBMISSION/report.html, from the folder of this page.
func ClassHTML(w io.Writer, class []*grade.Result) error {
	page := &classPage{Title: "Class", Names: scenarioNames(class)}
	for _, r := range class {
		row := &classRow{Result: bounded(r, 0), Link: link(strings.ReplaceAll(or(r.Submission, "submission"), "/", "_"), "report.html")}
		row.Score, _ = r.Score()
		by := byName(row.Result)
		for _, name := range page.Names {
			row.Cells = append(row.Cells, *by(name))
		}
		page.Rows = append(page.Rows, row)
		page.Title = or(row.Result.Title, page.Title)
	}
	page.Graded, page.Common, page.Groups = graded(page.Rows), commonest(page.Rows), groups(page.Rows)
	for i := range page.Names {
		passed, of := 0, 0
		for _, row := range page.Rows {
			if !open(&row.Cells[i]) {
				of++
			}
			if row.Cells[i].Outcome == grade.Passed {
				passed++
			}
		}
		page.Passed = append(page.Passed, fmt.Sprintf("%d of %d", passed, of))
	}
	return pages.ExecuteTemplate(w, "class", page)
}

// graded says how many submissions have a grade, and their mean.
func graded(rows []*classRow) string {
	n, sum := 0, 0.0
	for _, row := range rows {
		if row.Result.Gradable() {
			n++
			sum += row.Score
		}
	}
	text := fmt.Sprintf("%d of %s graded", n, count(len(rows), "submission"))
	if n > 0 {
		text += fmt.Sprintf(", %s points on average", points(sum/float64(n)))
	}
	return text
}

// commonest says which failure most submissions meet first.
func commonest(rows []*classRow) string {
	times, most := make(map[string]int), ""
	text := make(map[string]string)
	for _, row := range rows {
		if failed := row.failed(); len(failed) > 0 {
			key := alike(failed[:1])
			times[key]++
			text[key] = or(text[key], failed[0].Name+": "+reason(&failed[0]))
			if times[key] > times[most] {
				most = key
			}
		}
	}
	if most == "" {
		return ""
	}
	return fmt.Sprintf("The most common first failure, of %s: %s", count(times[most], "submission"), text[most])
}

// groups are the submissions that failed, the largest group first.
func groups(rows []*classRow) (all []*classGroup) {
	by := make(map[string]*classGroup)
	for _, row := range rows {
		failed := row.failed()
		if len(failed) == 0 {
			continue
		}
		key := alike(failed)
		if by[key] == nil {
			by[key] = &classGroup{Failed: failed}
			all = append(all, by[key])
		}
		by[key].Rows = append(by[key].Rows, row)
	}
	slices.SortStableFunc(all, func(a, b *classGroup) int { return cmp.Compare(len(b.Rows), len(a.Rows)) })
	return all
}

// failed are the scenarios that a submission has failed. If it could not be run, the reason
// stands for all of them.
func (row *classRow) failed() (all []grade.Scored) {
	for _, s := range row.Cells {
		if s.Outcome == grade.Failed {
			all = append(all, s)
		}
	}
	if len(all) == 0 && row.Result.Problem != "" {
		return []grade.Scored{{Name: "not run at all", Outcome: grade.Skipped, Because: sentence(row.Result.Problem)}}
	}
	return all
}

var numbers = regexp.MustCompile(`[0-9]+([.][0-9]+)?`)

// alike is the same for failures of the same scenarios with the same first lines. Numbers
// do not count, since times, ports and clients differ from run to run.
func alike(failed []grade.Scored) (key string) {
	for _, s := range failed {
		key += s.Name + "\n" + numbers.ReplaceAllString(reason(&s), "0") + "\n"
	}
	return key
}
