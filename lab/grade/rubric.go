package grade

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Rubric says by which scenarios a submission is scored.
type Rubric struct {
	System string `yaml:"system"` // chat, relay, order or room
	Title  string `yaml:"title"`
	// Tries is how often a scenario is played at most when it fails. It has passed if it
	// passes more often than not. Default: 3, odd.
	Tries     int        `yaml:"tries"`
	Scenarios []Scenario `yaml:"scenarios"`
	Hash      string     `yaml:"-"` // of its text
}

// Scenario is one row of a rubric.
type Scenario struct {
	Name   string   `yaml:"name"`   // short, and unique: letters, digits and -
	Test   string   `yaml:"test"`   // the Go test that plays it, as in make e2e RUN=
	Points float64  `yaml:"points"` // 0: it only shows something
	After  []string `yaml:"after"`  // names of earlier scenarios without which this one says nothing
	Says   string   `yaml:"says"`   // a sentence for students

	tries int // in place of the rubric's; 0: the rubric's
}

//go:embed rubrics/*.yaml
var rubrics embed.FS

// Systems are those that have a rubric.
var Systems = []string{"chat", "relay", "order", "room"}

// DefaultRubric returns the rubric of a system.
func DefaultRubric(system string) (*Rubric, error) {
	if !slices.Contains(Systems, system) {
		return nil, fmt.Errorf("there is no system %q: choose one of %s", system, strings.Join(Systems, ", "))
	}
	file, err := rubrics.Open("rubrics/" + system + ".yaml")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return ReadRubric(file)
}

// LoadRubric reads a rubric from a file.
func LoadRubric(path string) (*Rubric, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the rubric: %w", err)
	}
	r, err := ReadRubric(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("the rubric %s: %w", path, err)
	}
	return r, nil
}

var (
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)
	testForm = regexp.MustCompile(`^Test[A-Za-z0-9_]*(/[A-Za-z0-9_-]+)*$`)
)

// ReadRubric reads a rubric. The error says what is wrong and where.
func ReadRubric(from io.Reader) (*Rubric, error) {
	text := sha256.New()
	r := &Rubric{Tries: 3}
	in := yaml.NewDecoder(io.TeeReader(from, text))
	in.KnownFields(true)
	if err := in.Decode(r); errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty")
	} else if err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains(Systems, r.System):
		return nil, fmt.Errorf("system: %q is none of %s", r.System, strings.Join(Systems, ", "))
	case r.Tries < 1 || r.Tries%2 == 0:
		return nil, fmt.Errorf("tries: %d is not odd and at least 1, so that runs cannot be half passed", r.Tries)
	case len(r.Scenarios) == 0:
		return nil, errors.New("scenarios: there are none")
	}
	var names []string
	for i, s := range r.Scenarios {
		where := fmt.Sprintf("scenario %d (%s)", i+1, s.Name)
		switch {
		case !nameForm.MatchString(s.Name):
			return nil, fmt.Errorf("%s: its name must be letters, digits and -", where)
		case slices.Contains(names, s.Name):
			return nil, fmt.Errorf("%s: another one has this name", where)
		case !testForm.MatchString(s.Test):
			return nil, fmt.Errorf("%s: test: %q is not the name of a Go test, as in TestPhase1 ('make tests' lists them)", where, s.Test)
		case !(s.Points >= 0 && s.Points <= 1e6):
			return nil, fmt.Errorf("%s: points: %v is not from 0 to a million", where, s.Points)
		case strings.TrimSpace(s.Says) == "":
			return nil, fmt.Errorf("%s: says: there is no sentence for students", where)
		}
		for _, before := range s.After {
			if !slices.Contains(names, before) {
				return nil, fmt.Errorf("%s: after: no scenario before it is named %q", where, before)
			}
		}
		names = append(names, s.Name)
	}
	r.Hash = hex.EncodeToString(text.Sum(nil))
	return r, nil
}

// Result returns the result of a submission of which nothing was run yet.
func (r *Rubric) Result(submission string) *Result {
	result := &Result{Version: Version, Submission: submission, System: r.System, Title: r.Title, Rubric: r.Hash}
	for _, s := range r.Scenarios {
		result.Scenarios = append(result.Scenarios, Scored{Name: s.Name, Says: s.Says, Points: s.Points, After: s.After, Outcome: NotRun})
	}
	return result
}
