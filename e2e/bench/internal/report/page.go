package report

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// notes say what the numbers mean, and why they are what they are: what only a
// person can say, who has profiled the programs. There may be a file for each
// section, NAME.md.
//
//go:embed notes
var notes embed.FS

const (
	pageName = "benchmarks.md"
	plotDir  = "benchmarks"
)

// Write writes the page and its plots into a folder.
func (r *Run) Write(docs string) error {
	if err := os.MkdirAll(filepath.Join(docs, plotDir), 0o755); err != nil {
		return err
	}
	for _, s := range r.Sections {
		if len(s.Curves) > 0 {
			if err := s.plotCurves(filepath.Join(docs, s.curvesName())); err != nil {
				return fmt.Errorf("plot %s: %w", s.curvesName(), err)
			}
		}
		if len(s.compared()) == 0 {
			continue
		}
		if err := s.plot(filepath.Join(docs, s.plotName())); err != nil {
			return fmt.Errorf("plot %s: %w", s.plotName(), err)
		}
	}
	page, err := r.page()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, pageName), []byte(page), 0o644)
}

func (r *Run) page() (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Written by `+"`make bench`"+` on %s, in %.0f seconds; do not edit it. The notes below the tables are those in
[e2e/bench](../e2e/bench/internal/report/notes). All sides ran in turn, round by round, on this machine:

%s`, r.Begun.Format("2 January 2006"), r.Took.Seconds(), r.facts())
	for _, s := range r.Sections {
		note, err := notes.ReadFile("notes/" + s.Name + ".md")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.title(), s.targets())
		if len(s.compared()) > 0 {
			fmt.Fprintf(&b, "![rates of all sides, with the fastest and slowest round](%s)\n\n", s.plotName())
		}
		if len(s.Curves) > 0 {
			fmt.Fprintf(&b, "![how it grows with the number of clients](%s)\n\n", s.curvesName())
		}
		b.WriteString(s.measurements())
		if len(note) > 0 {
			fmt.Fprintf(&b, "\n%s", note)
		}
	}
	return b.String(), nil
}

func (s *Section) title() string    { return strings.ToUpper(s.Name[:1]) + s.Name[1:] }
func (s *Section) plotName() string { return plotDir + "/" + s.Name + ".svg" }

func (r *Run) facts() string {
	rows := [][]string{{"", ""}}
	for _, f := range r.Facts {
		rows = append(rows, []string{f.Name, f.Value})
	}
	return table(rows)
}
