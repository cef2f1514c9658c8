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
	check := flags.Bool("check", false, "grade submissions of which it is known where they fail; with arguments: of these files")
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
	if *check {
		return s.checkRubrics(ctx, flags.Args(), *jobs, to, out)
	}
	if err := s.open(flags.Args()); err != nil {
		return s.wrong(err)
	}
	defer s.bench.Close()
	color := isTerminal(out)
	results, err := s.grader(s.rubric, writeReports).Class(ctx, flags.Args(), s.atOnce(*jobs), to, func(r *grade.Result) {
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

// doctor is the command doctor.
func doctor(ctx context.Context, args []string, out, log io.Writer) int {
	flags := flag.NewFlagSet("peerlab doctor", flag.ContinueOnError)
	flags.SetOutput(log)
	s := setup{log: log}
	s.flags(flags)
	if status, ok := parse(flags, args); !ok {
		return status
	}
	if err := s.open(flags.Args()); err != nil {
		return s.wrong(err)
	}
	defer s.bench.Close()
	status := done
	for _, from := range flags.Args() {
		fmt.Fprintf(out, "%s\n", from)
		ok, err := s.grader(s.rubric, nil).Examine(ctx, from, func(format string, args ...any) { fmt.Fprintf(out, "  "+format+"\n", args...) })
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
