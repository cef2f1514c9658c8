package grade

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"peerlab/lab"
)

// ResultFile is the name of the result in the folder of a submission.
const ResultFile = "grade.json"

// Grader scores submissions by a rubric.
type Grader struct {
	Rubric *Rubric
	Bench  *lab.Bench // submissions are built by it
	Runner interface {
		play(ctx context.Context, test string, s *Submission, folder string) Attempt
	}
	// Report is called with a result whenever it has changed, to write the reports into the
	// submission's folder.
	Report  func(folder string, r *Result) error
	Lenient bool // as in lab.Limits
	Now     func() time.Time
}

// Grade scores a submission. The result and its reports are in the folder from the
// beginning, and are written again after each scenario. When ctx ends, what was not run
// stays so. The error is the bench's.
func (g *Grader) Grade(ctx context.Context, from, folder string) (*Result, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	place, err := g.Bench.TempDir("peerlab-submission-")
	if err != nil {
		return nil, err
	}
	defer g.Bench.RemoveTemp(place)
	began := g.Now()
	s, wrong, err := g.open(from, place)
	if err != nil {
		return nil, err
	}
	r := g.Rubric.Result(s.Name)
	r.Began, r.Hash = began.UTC().Truncate(time.Second), s.Hash
	save := func() error {
		r.Seconds = g.Now().Sub(began).Seconds()
		return g.save(folder, r)
	}
	if err := save(); err != nil {
		return r, err
	}
	if wrong == nil {
		if wrong, err := g.build(ctx, s); err != nil {
			return r, err
		} else if wrong != nil {
			r.Problem = wrong.Error()
		}
	}
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	if wrong != nil {
		r.Problem = wrong.Error()
	}
	for i := range r.Scenarios {
		sc := &r.Scenarios[i]
		before := g.Now()
		switch {
		case r.Problem != "":
			sc.Outcome, sc.Because = Skipped, r.Problem
		default:
			g.score(ctx, r, i, s, folder)
		}
		sc.Seconds = g.Now().Sub(before).Seconds()
		if ctx.Err() != nil {
			break
		}
		if err := save(); err != nil {
			return r, err
		}
	}
	r.Complete = ctx.Err() == nil
	if err := save(); err != nil {
		return r, err
	}
	return r, ctx.Err()
}

// open copies a submission to a folder. What is wrong with it is its own fault; the error is
// the bench's.
func (g *Grader) open(from, place string) (s *Submission, wrong, err error) {
	group := chooseGroup()
	if group != 0 {
		if err := g.Bench.Bound(place); err != nil && !g.Lenient { // of what its build writes
			return nil, nil, fmt.Errorf("%w: run it as root on a Linux that is no container, or with -lenient in one that holds one submission", err)
		}
	}
	if err := os.Chmod(place, 0o711); err != nil { // other users get to what is in it
		return nil, nil, err
	}
	s, wrong = Open(from, g.Rubric.System, filepath.Join(place, "work"))
	s.Group = group
	return s, wrong, nil
}

// score plays a scenario until it is decided: it has passed when it passes the first time,
// or more often than not.
func (g *Grader) score(ctx context.Context, r *Result, i int, s *Submission, folder string) {
	sc := &r.Scenarios[i]
	for _, before := range r.Scenarios[:i] {
		for _, name := range sc.After {
			if before.Name != name || before.Outcome == Passed {
				continue
			}
			sc.Outcome, sc.Because = Skipped, fmt.Sprintf("%s has not passed", name)
			if before.Outcome == Unknown {
				sc.Outcome, sc.Because = Unknown, fmt.Sprintf("of %s it is not known whether it passes", name)
			}
			return
		}
	}
	tries := cmp.Or(g.Rubric.Scenarios[i].tries, g.Rubric.Tries)
	enough := tries/2 + 1
	for failures, broken := 0, 0; ; {
		run := path.Join("runs", sc.Name, fmt.Sprint(sc.Runs+broken+1))
		a := g.Runner.play(ctx, g.Rubric.Scenarios[i].Test, s, filepath.Join(folder, run))
		switch a.Outcome {
		case Passed:
			sc.Runs++
			sc.Passes++
			if failures == 0 || sc.Passes == enough {
				sc.Outcome = Passed
				return
			}
		case Failed:
			sc.Runs++
			failures++
			if sc.Failure == nil {
				sc.Failure = cmp.Or(a.Failure, &Failure{Summary: "the scenario failed"})
				if sc.Failure.Folder != "" {
					sc.Failure.Folder = path.Join(run, sc.Failure.Folder)
				}
			}
			if failures == enough {
				sc.Outcome = Failed
				return
			}
		case NotRun:
			*sc = Scored{Name: sc.Name, Says: sc.Says, Points: sc.Points, After: sc.After, Outcome: NotRun}
			return
		default:
			if broken++; broken == g.Rubric.Tries {
				sc.Outcome, sc.Because, sc.Failure = Unknown, a.Because, nil
				return
			}
		}
	}
}

// save writes a result, whole or not at all, and has the reports written.
func (g *Grader) save(folder string, r *Result) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := WriteFile(filepath.Join(folder, ResultFile), append(content, '\n')); err != nil {
		return err
	}
	return g.Report(folder, r)
}

// WriteFile replaces a file whole: a reader finds what was there before or all of what is
// new, also when this process is killed.
func WriteFile(name string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	if err == nil {
		err = file.Chmod(0o644)
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	return err
}
