package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"peerlab/lab"
	"peerlab/lab/grade"
	"peerlab/lab/grade/report"
)

// writeReports writes the reports of one submission into its folder. The record of the
// last failure, or else of the last run, is among them.
func writeReports(folder string, r *grade.Result) error {
	for name, write := range map[string]func(io.Writer, *grade.Result) error{
		"report.html":       report.HTML,
		"results.json":      report.Gradescope,
		"prairielearn.json": report.PrairieLearn,
		"junit.xml":         report.JUnit,
		"result.json":       func(w io.Writer, r *grade.Result) error { return report.Classroom50(w, r, os.Getenv) },
	} {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			return err
		}
		if err := grade.WriteFile(filepath.Join(folder, name), b.Bytes()); err != nil {
			return err
		}
	}
	return keepRecord(folder, r)
}

// keepRecord links the record of a run to the folder of the submission.
func keepRecord(folder string, r *grade.Result) error {
	pattern := ""
	for _, s := range r.Scenarios {
		if s.Runs > 0 && (pattern == "" || s.Failure != nil) {
			pattern = filepath.Join(folder, "runs", s.Name, "1", "*", lab.EventsFile)
		}
	}
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		return nil // nothing was run
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		return err
	}
	return grade.WriteFile(filepath.Join(folder, lab.EventsFile), content)
}

// writeClass writes the reports of a class.
func writeClass(folder string, class []*grade.Result) error {
	for name, write := range map[string]func(io.Writer, []*grade.Result) error{"class.html": report.ClassHTML, "class.csv": report.CSV} {
		var b bytes.Buffer
		if err := write(&b, class); err != nil {
			return err
		}
		if err := grade.WriteFile(filepath.Join(folder, name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
