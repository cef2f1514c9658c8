// Package report writes grades for people and for other systems: text for a terminal,
// HTML, JUnit XML, the result files of Gradescope, Classroom 50 and PrairieLearn, and a
// table of a class as CSV and HTML. Each format is one function in a file of its own.
//
// A scenario that is unknown or was not run is never reported as 0 points. A format that
// has a word for it says so; in the others the total is left out, and the output says
// why.
//
// The text of programs, and the names of submissions, are hostile. Every format writes
// them as visible leaves them, bounded, and escaped by its own rules.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"peerlab/lab/grade"
)

// MaxSize is the size in bytes of a report of one submission. PrairieLearn accepts no more.
const MaxSize = 1 << 20

// open reports whether nothing is known about a scenario, so that it has no score.
func open(s *grade.Scored) bool { return s.Outcome == grade.Unknown || s.Outcome == grade.NotRun }

// points formats points with at most two decimals.
func points(p float64) string { return strconv.FormatFloat(math.Round(p*100)/100, 'f', -1, 64) }

// count formats a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// runs says how often a scenario passed, if it was played at all.
func runs(s *grade.Scored) string {
	if s.Runs == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s passed", s.Passes, count(s.Runs, "run"))
}

// total says how many points there are.
func total(r *grade.Result) string {
	got, _ := r.Score()
	if r.Gradable() {
		return points(got) + " of " + points(r.Max()) + " points"
	}
	return "no grade yet: " + points(got) + " of " + points(r.Max()) + " points so far"
}

// whyNot says in whole sentences why a result has no total. It is empty if it has one.
func whyNot(r *grade.Result) string {
	var why []string
	if names, worth := those(r, grade.Unknown); len(names) > 0 {
		why = append(why, fmt.Sprintf("The bench, not the submission, failed in %s: %s neither given nor lost. Grade the submission again.",
			strings.Join(names, ", "), worth))
	}
	if names, worth := those(r, grade.NotRun); len(names) > 0 {
		why = append(why, fmt.Sprintf("The grading ended before %s: %s open.", strings.Join(names, ", "), worth))
	}
	if len(why) == 0 && !r.Complete {
		why = append(why, "The grading has not come to its end.")
	}
	return strings.Join(why, " ")
}

// those returns the names of the scenarios with an outcome, and their points as the subject
// of a sentence.
func those(r *grade.Result, o grade.Outcome) (names []string, worth string) {
	var sum float64
	for _, s := range r.Scenarios {
		if s.Outcome == o {
			names = append(names, s.Name)
			sum += s.Points
		}
	}
	return names, pointsAre(sum)
}

func pointsAre(p float64) string {
	if p == 1 {
		return "1 point is"
	}
	return points(p) + " points are"
}

// worth says which points a scenario has given.
func worth(s *grade.Scored) string {
	if open(s) {
		return pointsAre(s.Points) + " open"
	}
	return fmt.Sprintf("%s of %s points", points(s.Score()), points(s.Points))
}

// reason is the line that says why a scenario has its outcome. It is empty if it passed.
func reason(s *grade.Scored) string {
	switch {
	case s.Outcome == grade.Passed:
		return ""
	case s.Outcome == grade.Failed && s.Failure != nil:
		return s.Failure.Summary
	case s.Because != "":
		return s.Because
	}
	switch s.Outcome {
	case grade.Failed:
		return "the scenario failed"
	case grade.Skipped:
		return "a scenario that it depends on has not passed"
	case grade.Unknown:
		return "the bench failed"
	}
	return "the grading ended before it"
}

// evidence is a failure as lines of text.
func evidence(f *grade.Failure) (all []string) {
	all = append(all, f.Summary)
	all = append(all, f.Details...)
	for _, failed := range []bool{false, true} {
		title := map[bool]string{false: "Worked:", true: "Failed:"}[failed]
		for _, s := range f.Steps {
			if s.Failed != failed {
				continue
			}
			if title != "" {
				all, title = append(all, "", title), ""
			}
			all = append(all, fmt.Sprintf("  %6.2f s  %s", s.Seconds, s.Text))
		}
	}
	for _, s := range f.Screens {
		all = append(all, "", "Last lines of "+screenName(&s)+":")
		for _, line := range s.Lines {
			all = append(all, "  | "+line)
		}
	}
	if f.Folder != "" {
		all = append(all, "", "The record and all screens of this run, beside the report:", "  "+f.Folder)
	}
	if f.Again != "" {
		all = append(all, "", "To play it again:", "  "+f.Again)
	}
	return all
}

// screenName says which output of which process a screen is, and what became of the process.
func screenName(s *grade.Screen) string {
	name := s.Process
	if s.Life > 1 {
		name += fmt.Sprintf(", life %d", s.Life)
	}
	if s.Stream != "" && s.Stream != "screen" {
		name += ", " + s.Stream
	}
	if s.State != "" {
		name += " (" + s.State + ")"
	}
	return name
}

// writeJSON writes v for people to read, too.
func writeJSON(w io.Writer, v any) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
