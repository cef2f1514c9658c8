package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"peerlab/lab/grade"
	"peerlab/lab/grade/report"
)

// gradeAll is the command grade.
func gradeAll(ctx context.Context, args []string, out, log io.Writer) int {
	flags := flag.NewFlagSet("peerlab grade", flag.ContinueOnError)
	flags.SetOutput(log)
	s := setup{log: log}
	s.flags(flags)
	folder := flags.String("o", "grades", "folder for the reports")
	jobs := flags.Int("jobs", 1, "how many submissions at a time")
	check := flags.Bool("check", false, "grade submissions of which it is known where they fail, in place of any given")
	failUnder := flags.Float64("fail-under", 0, "exit with 1 if a score is below so many points")
	if status, ok := parse(flags, args); !ok {
		return status
	}
	if *jobs < 1 {
		return s.wrong(fmt.Errorf("-jobs %d: at least 1", *jobs))
	}
	to, err := filepath.Abs(*folder)
	if err != nil {
		return s.wrong(err)
	}
	if err := s.open(flags.Args(), *check); err != nil {
		return s.wrong(err)
	}
	defer s.bench.Close()
	if *check {
		return s.check(ctx, *jobs, to, out)
	}
	color := isTerminal(out)
	results, err := s.grader(writeReports).Class(ctx, flags.Args(), *jobs, to, func(r *grade.Result) {
		_ = report.Text(out, r, color) // a terminal that is gone
	})
	if err == nil && len(results) > 1 {
		err = writeClass(to, results)
	}
	if err != nil {
		return s.broken(err)
	}
	fmt.Fprintf(out, "reports: %s\n", to)
	status := done
	for _, r := range results {
		if points, _ := r.Score(); points < *failUnder {
			status = below
		}
		if !r.Gradable() {
			return broken
		}
	}
	return status
}

// check grades submissions of which it is known where they fail.
func (s *setup) check(ctx context.Context, jobs int, to string, out io.Writer) int {
	beside := filepath.Join(s.root, "e2e", "foreign")
	checks, err := grade.ReadChecks(filepath.Join(beside, "checks.yaml"))
	if err != nil {
		return s.wrong(err)
	}
	checked, err := s.grader(writeReports).Check(ctx, checks, beside, jobs, to, func(r *grade.Result) {
		fmt.Fprintf(out, "%s is graded\n", r.Submission)
	})
	if err != nil {
		return s.broken(err)
	}
	fmt.Fprint(out, grade.Table(checked))
	results := make([]*grade.Result, len(checked))
	status := done
	for i, c := range checked {
		results[i] = c.Result
		if !c.AsItShould() {
			status = below
		}
	}
	if err := writeClass(to, results); err != nil {
		return s.broken(err)
	}
	return status
}

// doctor is the command doctor.
func doctor(ctx context.Context, args []string, out, log io.Writer) int {
	flags := flag.NewFlagSet("peerlab doctor", flag.ContinueOnError)
	flags.SetOutput(log)
	s := setup{log: log}
	s.flags(flags)
	if status, ok := parse(flags, args); !ok {
		return status
	}
	if err := s.open(flags.Args(), false); err != nil {
		return s.wrong(err)
	}
	defer s.bench.Close()
	status := done
	for _, from := range flags.Args() {
		fmt.Fprintf(out, "%s\n", from)
		ok, err := s.grader(nil).Examine(ctx, from, func(format string, args ...any) { fmt.Fprintf(out, "  "+format+"\n", args...) })
		if err != nil {
			return s.broken(err)
		}
		if !ok {
			status = below
		}
	}
	return status
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// parse parses flags. With ok false the command is to end with the status.
func parse(flags *flag.FlagSet, args []string) (status int, ok bool) {
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return done, false
	case err != nil:
		return usage, false
	}
	return done, true
}
