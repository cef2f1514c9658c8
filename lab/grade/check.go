package grade

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reference is a right submission in one language, and faults that make wrong ones of it.
type reference struct {
	Name   string   `yaml:"name"`
	System string   `yaml:"system"`
	Needs  []string `yaml:"needs"` // programs of the machine, as in python3
	Files  []string `yaml:"files"` // beside the file of checks; a submission has them without their folders
	Faults []fault  `yaml:"faults"`
}

// fault makes a wrong submission of a right one.
type fault struct {
	Name   string      `yaml:"name"`
	Fails  []string    `yaml:"fails"`  // names of scenarios; those that depend on them are skipped
	Change [][3]string `yaml:"change"` // a file, a text that is once in it, and the text in its place
}

// Check is a submission of which it is known in which scenarios it fails: a reference, with
// a fault or without, or programs that end at once.
type Check struct {
	rubric *Rubric
	name   string
	files  map[string][]byte
	fails  []string
}

// ReadChecks reads a list of references, a YAML file, and returns the checks of those whose
// systems the rubrics are for. Each scenario of a rubric must be lost by a fault of each
// reference. A reference that needs a program which this machine does not have is left out,
// and leftOut is told so; if the program is among those required, that is an error.
func ReadChecks(path string, rubrics []*Rubric, required []string, leftOut func(line string)) ([]Check, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var references []reference
	in := yaml.NewDecoder(bytes.NewReader(content))
	in.KnownFields(true)
	if err := in.Decode(&references); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, r := range references {
		if !slices.Contains(Systems, r.System) {
			return nil, fmt.Errorf("%s: %s: system: %q is none of %s", path, r.Name, r.System, strings.Join(Systems, ", "))
		}
	}
	var all []Check
	for _, rubric := range rubrics {
		all = append(all, rubric.empty())
		for _, r := range references {
			if r.System != rubric.System {
				continue
			}
			checks, err := r.checks(filepath.Dir(path), rubric)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path, r.Name, err)
			}
			missing, err := r.missing(required)
			if err != nil {
				return nil, err
			}
			if len(missing) > 0 {
				leftOut(fmt.Sprintf("%s and its faults are left out: %s is not installed", r.Name, strings.Join(missing, " and ")))
				continue
			}
			all = append(all, checks...)
		}
	}
	return all, nil
}

// missing are the programs that a reference needs and this machine does not have.
func (r *reference) missing(required []string) (missing []string, err error) {
	for _, program := range r.Needs {
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		if slices.Contains(required, program) {
			return nil, fmt.Errorf("%s is not installed, and PEERLAB_REQUIRE names it: install it, or take it from there", program)
		}
		missing = append(missing, program)
	}
	return missing, nil
}

// empty is a submission whose programs end at once.
func (r *Rubric) empty() Check {
	c := Check{rubric: r, name: r.System + "-empty", files: make(map[string][]byte)}
	for _, p := range parts[r.System] {
		c.files[p.stems[0]+".out"] = []byte("#!/bin/sh\n")
	}
	for _, s := range r.Scenarios {
		if len(s.After) == 0 {
			c.fails = append(c.fails, s.Name)
		}
	}
	return c
}

// checks are the reference itself and one submission for each fault.
func (r *reference) checks(beside string, rubric *Rubric) ([]Check, error) {
	right := Check{rubric: rubric, name: r.Name, files: make(map[string][]byte)}
	for _, path := range r.Files {
		content, err := os.ReadFile(filepath.Join(beside, path))
		if err != nil {
			return nil, err
		}
		right.files[filepath.Base(path)] = content
	}
	all := []Check{right}
	for _, f := range r.Faults {
		wrong, err := f.in(right)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		all = append(all, wrong)
	}
	for _, c := range all {
		if !nameForm.MatchString(c.name) {
			return nil, fmt.Errorf("%q is no name of a submission: letters, digits and -", c.name)
		}
		for _, name := range c.fails {
			if !slices.ContainsFunc(rubric.Scenarios, func(s Scenario) bool { return s.Name == name }) {
				return nil, fmt.Errorf("%s: fails: the rubric has no scenario %q", c.name, name)
			}
		}
	}
	for _, s := range rubric.Scenarios {
		if !slices.ContainsFunc(r.Faults, func(f fault) bool { return slices.Contains(f.Fails, s.Name) }) {
			return nil, fmt.Errorf("no fault fails in %s: nothing shows that its points can be lost", s.Name)
		}
	}
	return all, nil
}

// in returns a right submission with the fault in it.
func (f *fault) in(right Check) (Check, error) {
	wrong := Check{rubric: right.rubric, name: right.name + "-" + f.Name, files: maps.Clone(right.files), fails: f.Fails}
	if len(f.Fails) == 0 || len(f.Change) == 0 {
		return wrong, errors.New("it must change something, and fail in something")
	}
	for _, change := range f.Change {
		name, from, to := change[0], []byte(change[1]), []byte(change[2])
		if n := bytes.Count(wrong.files[name], from); n != 1 {
			return wrong, fmt.Errorf("%q is %d times in %s, and should be there once", from, n, name)
		}
		wrong.files[name] = bytes.Replace(wrong.files[name], from, to, 1)
	}
	return wrong, nil
}
