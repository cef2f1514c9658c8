package report

import (
	"io"
	"math"
	"time"

	"peerlab/lab/grade"
)

type (
	classroom50 struct {
		Schema         string            `json:"schema"`
		Classroom      string            `json:"classroom"`
		Assignment     string            `json:"assignment"`
		Owner          string            `json:"owner"`
		AssignmentType string            `json:"assignment_type"`
		Submission     string            `json:"submission"`
		Commit         string            `json:"commit"`
		Release        string            `json:"release"`
		Review         string            `json:"review"`
		Datetime       string            `json:"datetime"`
		GradedAt       string            `json:"graded_at"`
		Score          *int              `json:"score,omitempty"`
		MaxScore       int               `json:"max-score"`
		NotGradable    string            `json:"not-gradable,omitempty"`
		Tests          []classroom50Test `json:"tests"`
	}
	classroom50Test struct {
		Name     string `json:"test-name"`
		Passed   *bool  `json:"passed,omitempty"`
		Score    *int   `json:"score,omitempty"`
		MaxScore int    `json:"max-score"`
		Outcome  string `json:"outcome"`
		Message  string `json:"message"`
	}
)

// Classroom50 writes a result as Classroom 50's result.json. The identity is from the
// environment of its runner, which overwrites the owner, the type and the time; without
// them these fields are empty. A result that cannot be graded has no score: the runner
// refuses it and publishes an error, which is collected as 0 of 0 points.
//
// Scores are integers. If the points of a rubric are not, all are given in hundredths.
func Classroom50(w io.Writer, r *grade.Result, getenv func(string) string) error {
	scale := 1.0
	for _, s := range r.Scenarios {
		if s.Points != math.Trunc(s.Points) {
			scale = 100
		}
	}
	whole := func(p float64) int { return int(math.Round(p * scale)) }
	return fit(w, r, func(w io.Writer, r *grade.Result) error {
		out := classroom50{
			Schema:    "classroom50/result/v1",
			Classroom: getenv("CLASSROOM"), Assignment: getenv("ASSIGNMENT"),
			Owner: or(getenv("OWNER"), getenv("USERNAME")), AssignmentType: or(getenv("ASSIGNMENT_TYPE"), "individual"),
			Submission: getenv("SUBMISSION_TAG"), Commit: getenv("COMMIT_URL"), Release: getenv("RELEASE_URL"),
			Review:      or(getenv("REVIEW_URL"), getenv("COMMIT_URL")),
			Datetime:    r.Began.UTC().Format(time.RFC3339),
			GradedAt:    r.Began.Add(time.Duration(r.Seconds * float64(time.Second))).UTC().Format(time.RFC3339),
			NotGradable: whyNot(r), Tests: []classroom50Test{},
		}
		sum := 0
		for i := range r.Scenarios {
			s := &r.Scenarios[i]
			t := classroom50Test{Name: or(s.Name, "scenario"), MaxScore: whole(s.Points), Outcome: string(s.Outcome), Message: output(s)}
			if !open(s) {
				passed, score := s.Outcome == grade.Passed, whole(s.Score())
				t.Passed, t.Score = &passed, &score
				sum += score
			}
			out.MaxScore += t.MaxScore
			out.Tests = append(out.Tests, t)
		}
		if r.Gradable() {
			out.Score = &sum
		}
		return writeJSON(w, out)
	})
}
