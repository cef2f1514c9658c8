package grade

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Checked is a submission of which it is known in which scenarios it fails, and its result.
type Checked struct {
	Result *Result
	Fails  []string // the scenarios in which it should fail
}

// GradeChecks grades submissions of which it is known where they fail, so many at a time,
// each with the grader of its rubric. Where one should fail it is played once, since a
// failure is what is awaited. Results of an earlier time do not count.
func GradeChecks(ctx context.Context, checks []Check, grader func(*Rubric) *Grader, jobs int, folder string, progress func(Checked)) ([]Checked, error) {
	checked := make([]Checked, len(checks))
	return checked, inTurns(len(checks), jobs, func(i int) (then func(), err error) {
		c := &checks[i]
		g := grader(c.rubric.once(c.fails))
		place, err := g.Bench.TempDir("peerlab-check-")
		if err != nil {
			return nil, err
		}
		defer g.Bench.RemoveTemp(place)
		from := filepath.Join(place, c.name)
		if err := c.make(from); err != nil {
			return nil, err
		}
		checked[i].Fails = c.fails
		checked[i].Result, err = g.Grade(ctx, from, filepath.Join(folder, c.name))
		return func() { progress(checked[i]) }, err
	})
}

// make makes the submission in a folder that is not there yet.
func (c *Check) make(folder string) error {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	for name, content := range c.files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// once returns the rubric with one try for some scenarios.
func (r *Rubric) once(names []string) *Rubric {
	copied := *r
	copied.Scenarios = slices.Clone(r.Scenarios)
	for i, s := range r.Scenarios {
		if slices.Contains(names, s.Name) {
			copied.Scenarios[i].tries = 1
		}
	}
	return &copied
}

// Wrong says in which scenarios the outcome is not as it should be; "" if in none. A
// scenario must fail if it should, be skipped if it depends on such a one, and pass otherwise.
func (c *Checked) Wrong() string {
	if c.Result == nil {
		return "it was not graded"
	}
	if c.Result.Problem != "" {
		return "nothing could be run: " + c.Result.Problem
	}
	var wrong []string
	lost := make(map[string]bool)
	for _, s := range c.Result.Scenarios {
		want := Passed
		switch {
		case slices.ContainsFunc(s.After, func(name string) bool { return lost[name] }):
			want, lost[s.Name] = Skipped, true
		case slices.Contains(c.Fails, s.Name):
			want, lost[s.Name] = Failed, true
		}
		if s.Outcome != want {
			why := s.Because
			if s.Failure != nil {
				why = s.Failure.Summary
			}
			wrong = append(wrong, strings.TrimSuffix(fmt.Sprintf("%s %s, and should be %s: %s", s.Name, s.Outcome, want, why), ": "))
		}
	}
	return strings.Join(wrong, "; ")
}

// String says in a line what became of the submission, and whether it should.
func (c Checked) String() string {
	if c.Result == nil {
		return c.Wrong()
	}
	points, of := c.Result.Score()
	var failed []string
	for _, s := range c.Result.Scenarios {
		if s.Outcome == Failed {
			failed = append(failed, s.Name)
		}
	}
	verdict := "as it should"
	if wrong := c.Wrong(); wrong != "" {
		verdict = "WRONG: " + wrong
	}
	lost := strings.Join(failed, ", ")
	if lost == "" {
		lost = "nothing"
	}
	return fmt.Sprintf("%-44s %3v of %-3v  failed in %s: %s", c.Result.Submission, points, of, lost, verdict)
}
