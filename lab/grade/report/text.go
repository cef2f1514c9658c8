package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"peerlab/lab/grade"
)

// maxSteps is how many steps the terminal shows of a failure, besides the one that failed.
const maxSteps = 6

// marks are check50's, and ? where nothing is known; colors are those of a terminal.
var (
	marks  = map[grade.Outcome]string{grade.Passed: ":)", grade.Failed: ":(", grade.Skipped: ":|"}
	colors = map[grade.Outcome]string{grade.Passed: "\x1b[32m", grade.Failed: "\x1b[31m", grade.Skipped: "\x1b[33m"}
)

// Text writes a result for a terminal, in the manner of check50.
func Text(w io.Writer, r *grade.Result, color bool) error {
	r = bounded(r, MaxSize/16)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s: %s\n", r.Title, r.Submission)
	if r.Problem != "" {
		indent(out, "", append(strings.Split(r.Problem, "\n"), ""))
	}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		mark := marks[s.Outcome]
		if mark == "" {
			mark = " ?"
		}
		row := fmt.Sprintf("%s %s, %s", mark, s.Name, worth(s))
		if how := runs(s); how != "" {
			row += ", " + how
		}
		if color {
			code := colors[s.Outcome]
			if code == "" {
				code = "\x1b[35m"
			}
			row = code + row + "\x1b[0m"
		}
		fmt.Fprintln(out, row)
		indent(out, "   ", []string{s.Says})
		switch {
		case s.Outcome == grade.Failed && s.Failure != nil:
			brief := *s.Failure
			brief.Screens = nil
			if n := len(brief.Steps) - maxSteps - 1; n > 0 {
				brief.Steps = append([]grade.Step{earlier(brief.Steps[n-1])}, brief.Steps[n:]...)
			}
			indent(out, "     ", evidence(&brief))
		case s.Outcome != grade.Passed:
			indent(out, "     ", []string{string(s.Outcome) + ": " + reason(s)})
		}
	}
	if why := whyNot(r); why != "" {
		fmt.Fprintln(out, why)
	}
	fmt.Fprintln(out, upper(total(r))+".")
	return out.Flush()
}

// upper makes the first letter of an ASCII text upper case.
func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// indent writes lines with blanks before all that are not empty.
func indent(w io.Writer, by string, all []string) {
	for _, l := range all {
		if l != "" {
			l = by + l
		}
		fmt.Fprintln(w, l)
	}
}
