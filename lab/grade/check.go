package grade

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Check is a submission of which it is known in which scenarios it fails. A rubric is
// right if each of these fails there, and nowhere else.
type Check struct {
	Name  string            `yaml:"name"`
	Copy  []string          `yaml:"copy"` // folders beside the file of checks
	Build string            `yaml:"build"`
	Run   map[string]string `yaml:"run"`   // as in the submission's own file
	Fails []string          `yaml:"fails"` // names of scenarios; those that depend on them are skipped
}

// Checked is a check and the outcomes.
type Checked struct {
	Check
	Result *Result
	Failed []string // the scenarios in which it has failed, or whose outcome is unknown
}

// AsItShould reports whether the submission has failed where it should.
func (c *Checked) AsItShould() bool { return slices.Equal(c.Failed, c.Fails) }

// ReadChecks reads a list of checks, a YAML file.
func ReadChecks(path string) ([]Check, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var checks []Check
	in := yaml.NewDecoder(bytes.NewReader(content))
	in.KnownFields(true)
	if err := in.Decode(&checks); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, c := range checks {
		if !nameForm.MatchString(c.Name) {
			return nil, fmt.Errorf("%s: %q is no name of a submission: letters, digits and -", path, c.Name)
		}
	}
	return checks, nil
}

// Check grades the submissions of checks, whose folders are beside each other in beside,
// as a class, and says of each whether it fails where it should.
func (g *Grader) Check(ctx context.Context, checks []Check, beside string, jobs int, folder string, progress func(*Result)) ([]Checked, error) {
	place, err := g.Bench.TempDir("peerlab-checks-")
	if err != nil {
		return nil, err
	}
	defer g.Bench.RemoveTemp(place)
	submissions := make([]string, len(checks))
	for i, c := range checks {
		submissions[i] = filepath.Join(place, c.Name)
		if err := c.make(beside, submissions[i]); err != nil {
			return nil, fmt.Errorf("check %s: %w", c.Name, err)
		}
	}
	results, err := g.Class(ctx, submissions, jobs, folder, progress)
	if err != nil {
		return nil, err
	}
	checked := make([]Checked, len(checks))
	for i, c := range checks {
		checked[i] = Checked{Check: c, Result: results[i]}
		for _, s := range results[i].Scenarios {
			if s.Outcome == Failed || s.Outcome == Unknown || s.Outcome == NotRun {
				checked[i].Failed = append(checked[i].Failed, s.Name)
			}
		}
	}
	return checked, nil
}

// make makes the submission in a folder that is not there yet.
func (c *Check) make(beside, folder string) error {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	for _, name := range c.Copy {
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS(filepath.Join(beside, name))); err != nil {
			return err
		}
	}
	content, err := yaml.Marshal(own{Build: c.Build, Run: c.Run})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, OwnFile), content, 0o644)
}

// Table is the outcome of checks, a line each, for people.
func Table(checked []Checked) string {
	var b strings.Builder
	for _, c := range checked {
		points, of := c.Result.Score()
		verdict := "as it should"
		if !c.AsItShould() {
			verdict = fmt.Sprintf("it should fail in %s", list(c.Fails))
		}
		fmt.Fprintf(&b, "%-28s %5v of %v  failed in %s: %s\n", c.Name, points, of, list(c.Failed), verdict)
	}
	return b.String()
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
