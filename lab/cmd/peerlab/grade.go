package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"peerlab/lab"
	"peerlab/lab/grade"
)

// runLimit is for one run of a scenario, beyond all of its own limits.
const runLimit = 5 * time.Minute

// gradeAll is the command grade.
func gradeAll(ctx context.Context, args []string, out, log io.Writer) int {
	flags := flag.NewFlagSet("peerlab grade", flag.ContinueOnError)
	flags.SetOutput(log)
	system := flags.String("system", "chat", "chat, relay, order or room")
	rubricFile := flags.String("rubric", "", "a rubric of your own; default: the system's")
	folder := flags.String("o", "grades", "folder for the reports")
	jobs := flags.Int("jobs", 1, "how many submissions at a time")
	failUnder := flags.Float64("fail-under", 0, "exit with 1 if a score is below so many points")
	containers := flags.Bool("containers", false, "programs of this project run in containers")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return done
		}
		return usage
	}
	wrong := func(format string, args ...any) int {
		fmt.Fprintf(log, "peerlab: "+format+"\n", args...)
		return usage
	}
	if flags.NArg() == 0 {
		return wrong("name a submission: a folder, a zip, or image:NAME")
	}
	if *jobs < 1 {
		return wrong("-jobs %d: at least 1", *jobs)
	}
	rubric, err := chooseRubric(*system, *rubricFile)
	if err != nil {
		return wrong("%v", err)
	}
	for _, s := range flags.Args() {
		if _, err := os.Stat(s); err != nil && !isImage(s) {
			return wrong("%v: a submission is a folder, a zip, or image:NAME", err)
		}
	}
	root, err := projectRoot()
	if err != nil {
		return wrong("%v", err)
	}
	to, err := filepath.Abs(*folder)
	if err != nil {
		return wrong("%v", err)
	}
	b, err := lab.Open(lab.Config{Root: root, LeftOut: func(line string) { fmt.Fprintln(log, line) }})
	if err != nil {
		fmt.Fprintf(log, "peerlab: %v\n", err)
		return broken
	}
	defer b.Close()
	g := &grade.Grader{
		Rubric: rubric, Bench: b, Now: time.Now,
		Report: func(string, *grade.Result) error { return nil },
		Runner: &grade.Runner{
			Tests: filepath.Join(root, "bin", "scenarios"), Folder: filepath.Join(root, "e2e"),
			Container: *containers, Limit: runLimit, Getenv: os.Getenv,
		},
	}
	results, err := g.Class(ctx, flags.Args(), *jobs, to, func(r *grade.Result) {
		points, of := r.Score()
		fmt.Fprintf(out, "%s: %v of %v\n", r.Submission, points, of)
	})
	if err != nil {
		fmt.Fprintf(log, "peerlab: %v\n", err)
		return broken
	}
	status := done
	for _, r := range results {
		points, _ := r.Score()
		switch {
		case !r.Gradable():
			return broken
		case points < *failUnder:
			status = below
		}
	}
	return status
}

func isImage(submission string) bool { return len(submission) > 6 && submission[:6] == "image:" }

func chooseRubric(system, file string) (*grade.Rubric, error) {
	if file != "" {
		return grade.LoadRubric(file)
	}
	return grade.DefaultRubric(system)
}

// projectRoot returns the folder of the project, in which the scenarios are: the one above
// this executable, or above the current folder.
func projectRoot() (string, error) {
	executable, err := os.Executable()
	if err != nil {
		return "", err
	}
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for _, dir := range []string{filepath.Dir(executable), here} {
		for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "e2e", "lab")); err == nil {
				if _, err := os.Stat(filepath.Join(dir, "bin", "scenarios")); err != nil {
					return "", fmt.Errorf("the scenarios are not compiled: run 'make build' in %s", dir)
				}
				return dir, nil
			}
		}
	}
	return "", errors.New("the project is not above this program or the current folder: run bin/peerlab in a clone of it")
}
