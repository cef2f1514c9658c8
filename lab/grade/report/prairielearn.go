package report

import (
	"io"

	"peerlab/lab/grade"
)

type (
	prairieLearn struct {
		Gradable     bool               `json:"gradable"`
		Score        *float64           `json:"score,omitempty"`
		FormatErrors []string           `json:"format_errors,omitempty"`
		Message      string             `json:"message"`
		Output       string             `json:"output"`
		Tests        []prairieLearnTest `json:"tests"`
	}
	prairieLearnTest struct {
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Points      *float64 `json:"points,omitempty"`
		MaxPoints   float64  `json:"max_points"`
		Message     string   `json:"message"`
		Output      string   `json:"output"`
	}
)

// PrairieLearn writes a result as PrairieLearn's results.json, whose score is from 0 to 1.
// A result that cannot be graded says so, and then costs no attempt.
func PrairieLearn(w io.Writer, r *grade.Result) error {
	return fit(w, r, func(w io.Writer, r *grade.Result) error {
		out := prairieLearn{Gradable: r.Gradable(), Message: summary(r), Output: r.Problem, Tests: []prairieLearnTest{}}
		if out.Gradable {
			score, _ := r.Score()
			if most := r.Max(); most > 0 {
				score /= most
			}
			out.Score = &score
		} else {
			out.FormatErrors = []string{whyNot(r)}
		}
		for i := range r.Scenarios {
			s := &r.Scenarios[i]
			t := prairieLearnTest{Name: s.Name, Description: s.Says, MaxPoints: s.Points, Message: or(reason(s), string(s.Outcome)), Output: output(s)}
			if !open(s) {
				score := s.Score()
				t.Points = &score
			}
			out.Tests = append(out.Tests, t)
		}
		return writeJSON(w, out)
	})
}
