package report

import (
	"io"
	"strconv"
	"strings"

	"peerlab/lab/grade"
)

type (
	gradescope struct {
		Score            *float64         `json:"score,omitempty"`
		ExecutionTime    float64          `json:"execution_time"`
		Output           string           `json:"output"`
		OutputFormat     string           `json:"output_format"`
		TestOutputFormat string           `json:"test_output_format"`
		TestNameFormat   string           `json:"test_name_format"`
		Visibility       string           `json:"visibility"`
		StdoutVisibility string           `json:"stdout_visibility"`
		ExtraData        map[string]any   `json:"extra_data"`
		Tests            []gradescopeTest `json:"tests"`
	}
	gradescopeTest struct {
		Score    *float64 `json:"score,omitempty"`
		MaxScore float64  `json:"max_score"`
		Status   string   `json:"status,omitempty"`
		Name     string   `json:"name"`
		Number   string   `json:"number"`
		Output   string   `json:"output"`
		Tags     []string `json:"tags"`
	}
)

// Gradescope writes a result as Gradescope's results.json. Gradescope adds up the scores of
// the tests if there is no total; so a result that cannot be graded has no score at all,
// and Gradescope reports an error of the autograder and records no points.
func Gradescope(w io.Writer, r *grade.Result) error {
	return fit(w, r, func(w io.Writer, r *grade.Result) error {
		out := gradescope{
			ExecutionTime: r.Seconds, Output: summary(r),
			OutputFormat: "text", TestOutputFormat: "text", TestNameFormat: "text",
			Visibility: "visible", StdoutVisibility: "hidden",
			ExtraData: map[string]any{"gradable": r.Gradable(), "complete": r.Complete, "system": r.System, "submission": r.Submission},
			Tests:     []gradescopeTest{},
		}
		if r.Gradable() {
			got, _ := r.Score()
			out.Score = &got
		}
		for i := range r.Scenarios {
			s := &r.Scenarios[i]
			t := gradescopeTest{
				MaxScore: s.Points, Name: s.Name + ": " + s.Says, Number: strconv.Itoa(i + 1),
				Output: output(s), Tags: []string{string(s.Outcome)},
			}
			if r.Gradable() {
				score := s.Score()
				t.Score = &score
			}
			switch s.Outcome {
			case grade.Passed:
				t.Status = "passed"
			case grade.Failed, grade.Skipped:
				t.Status = "failed"
			}
			out.Tests = append(out.Tests, t)
		}
		return writeJSON(w, out)
	})
}

// summary is what is to be said about a whole result.
func summary(r *grade.Result) string {
	all := []string{upper(total(r)) + "."}
	if why := whyNot(r); why != "" {
		all = append([]string{why}, all...)
	}
	if r.Problem != "" {
		all = append(all, r.Problem)
	}
	return strings.Join(all, "\n")
}

// output is what is to be said about a scenario.
func output(s *grade.Scored) string {
	all := []string{string(s.Outcome) + ": " + worth(s)}
	if how := runs(s); how != "" {
		all[0] += ", " + how
	}
	switch {
	case s.Outcome == grade.Failed && s.Failure != nil:
		all = append(all, evidence(s.Failure)...)
	case s.Outcome != grade.Passed:
		all = append(all, reason(s))
	}
	return strings.Join(all, "\n")
}
