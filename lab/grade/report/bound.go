package report

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"peerlab/lab/grade"
	"peerlab/lab/visible"
)

// Bounds of single texts, in bytes.
const (
	maxName = 200
	maxLine = 1000
	minLine = 40
)

// fit writes the result as render does, in at most MaxSize bytes: the lines of failures are
// cut, with a note, until it fits.
func fit(w io.Writer, r *grade.Result, render func(io.Writer, *grade.Result) error) error {
	var out bytes.Buffer
	for budget := MaxSize; ; budget /= 2 {
		out.Reset()
		if err := render(&out, bounded(r, budget)); err != nil {
			return err
		}
		if out.Len() <= MaxSize || budget < minLine {
			break
		}
	}
	_, err := out.WriteTo(w)
	return err
}

// bounded returns a copy of a result whose texts are visible, and whose failures have about
// budget bytes together.
func bounded(r *grade.Result, budget int) *grade.Result {
	b := *r
	b.Submission, b.System = line(r.Submission, maxName), line(r.System, maxName)
	b.Title, b.Problem = sentence(r.Title), paragraph(r.Problem)
	failures := 0
	for _, s := range r.Scenarios {
		if s.Failure != nil {
			failures++
		}
	}
	b.Scenarios = make([]grade.Scored, len(r.Scenarios))
	for i, s := range r.Scenarios {
		because, _, _ := strings.Cut(s.Because, "\n") // Problem has the others
		s.Name, s.Says, s.Because = line(s.Name, maxName), sentence(s.Says), sentence(because)
		s.After = lines(s.After, maxLine, false)
		if s.Failure != nil {
			s.Failure = boundedFailure(s.Failure, budget/failures)
		}
		b.Scenarios[i] = s
	}
	return &b
}

// boundedFailure gives a half of the budget to the screens, and a quarter to the details
// and to the steps each. Of steps and screens the last lines are kept.
func boundedFailure(f *grade.Failure, budget int) *grade.Failure {
	b := &grade.Failure{
		Summary: line(f.Summary, maxLine), Again: line(f.Again, 2*maxLine), Details: lines(f.Details, budget/4, false),
		Folder: beside(f.Folder),
	}
	left := budget / 4
	for i := len(f.Steps) - 1; i >= 0 && left > 0; i-- {
		s := f.Steps[i]
		s.Text = line(s.Text, min(maxLine, max(left, minLine)))
		left -= len(s.Text) + minLine
		b.Steps = append(b.Steps, s)
	}
	if n := len(f.Steps) - len(b.Steps); n > 0 {
		b.Steps = append(b.Steps, earlier(f.Steps[n-1]))
	}
	slices.Reverse(b.Steps)
	var screens []grade.Screen
	for _, s := range f.Screens {
		if s.Stream != "stderr" || len(s.Lines) > 0 {
			screens = append(screens, s)
		}
	}
	if most := budget / 2 / (4 * minLine); len(screens) > most {
		b.Details = append(b.Details, fmt.Sprintf("(%s left out)", count(len(screens)-most, "screen")))
		screens = screens[:most]
	}
	for _, s := range screens {
		s.Process, s.Stream, s.State = line(s.Process, maxName), line(s.Stream, maxName), line(s.State, maxName)
		s.Lines, s.File = lines(s.Lines, budget/2/len(screens), true), beside(s.File)
		b.Screens = append(b.Screens, s)
	}
	return b
}

// beside returns a path that leads to a file beside a report and below it; "" if it does not.
func beside(path string) string {
	if path == "" || len(path) > maxName || !fs.ValidPath(path) || visible.Text(path) != path {
		return ""
	}
	return path
}

// earlier stands for a step and those before it.
func earlier(s grade.Step) grade.Step {
	return grade.Step{Seconds: s.Seconds, Text: "(earlier steps are left out)"}
}

// lines returns the first or the last lines that have about budget bytes, at least one.
func lines(all []string, budget int, last bool) (kept []string) {
	for left := budget; len(kept) < len(all) && (left > 0 || len(kept) == 0); {
		next := all[len(kept)]
		if last {
			next = all[len(all)-1-len(kept)]
		}
		next = line(next, min(maxLine, max(left, minLine)))
		left -= len(next) + 1
		kept = append(kept, next)
	}
	if n := len(all) - len(kept); n > 0 {
		kept = append(kept, fmt.Sprintf("(%s left out)", count(n, "line")))
	}
	if last {
		slices.Reverse(kept)
	}
	return kept
}

// line returns the beginning of s, visible, and a note if that is not the whole.
func line(s string, most int) string {
	if len(s) <= most {
		return visible.Text(s)
	}
	cut := most
	for cut > most-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return visible.Text(s[:cut]) + fmt.Sprintf(" (%d bytes left out)", len(s)-cut)
}

// sentence returns a text of the rubric or the bench as one line; its line ends are blanks.
func sentence(s string) string { return line(strings.Join(strings.Fields(s), " "), maxLine) }

// paragraph returns a text that may have several lines, such as what a compiler wrote.
func paragraph(s string) string {
	return strings.Join(lines(strings.Split(strings.TrimRight(s, "\n"), "\n"), 4*maxLine, false), "\n")
}
