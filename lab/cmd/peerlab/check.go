package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"peerlab/lab/grade"
)

// checkRubrics grades submissions of which it is known where they fail, and says of each
// whether it does. The file names them; without one it is the project's own.
func (s *setup) checkRubrics(ctx context.Context, files []string, jobs int, to string, out io.Writer) int {
	if len(files) > 1 {
		return s.wrong(errors.New("-check: give one file of checks, or none for the project's own"))
	}
	rubrics, err := s.checkedRubrics()
	if err != nil {
		return s.wrong(err)
	}
	if err := s.openBench(); err != nil {
		return s.wrong(err)
	}
	defer s.bench.Close()
	path := filepath.Join(s.root, "e2e", "foreign", "checks.yaml")
	if len(files) == 1 {
		path = files[0]
	}
	required := strings.Split(os.Getenv("PEERLAB_REQUIRE"), ",")
	checks, err := grade.ReadChecks(path, rubrics, required, func(line string) { fmt.Fprintf(s.log, "peerlab: %s\n", line) })
	if err != nil {
		return s.wrong(err)
	}
	jobs = s.atOnce(jobs)
	grader := func(r *grade.Rubric) *grade.Grader { return s.grader(r, writeReports) }
	checked, err := grade.GradeChecks(ctx, checks, grader, jobs, to, func(c grade.Checked) { fmt.Fprintln(out, c) })
	if err != nil {
		return s.broken(err)
	}
	wrong := 0
	for _, c := range checked {
		if c.Wrong() != "" {
			wrong++
		}
	}
	if wrong > 0 {
		fmt.Fprintf(out, "%d of %d submissions did not lose just their own points: the reports are in %s\n", wrong, len(checked), to)
		return below
	}
	fmt.Fprintf(out, "All %d submissions lost just their own points.\n", len(checked))
	return done
}

// checkedRubrics are the one that was named, or those of the system or of all systems.
func (s *setup) checkedRubrics() (rubrics []*grade.Rubric, err error) {
	systems := grade.Systems
	if s.system != "" || s.rubricFile != "" {
		systems = []string{s.system}
	}
	for _, system := range systems {
		rubric, err := s.chosenRubric(system)
		if err != nil {
			return nil, err
		}
		rubrics = append(rubrics, rubric)
	}
	return rubrics, nil
}
