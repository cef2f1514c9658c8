package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"peerlab/lab"
	"peerlab/lab/grade"
	"peerlab/lab/network"
)

// runLimit is for one run of a scenario, beyond all of its own limits.
const runLimit = 5 * time.Minute

// setup is what the commands have in common.
type setup struct {
	log        io.Writer
	system     string
	rubricFile string
	containers bool
	lenient    bool

	rubric *grade.Rubric
	root   string // of the project
	bench  *lab.Bench
}

func (s *setup) flags(flags *flag.FlagSet) {
	flags.StringVar(&s.system, "system", "", "chat, relay, order or room; default: chat, with -check all")
	flags.StringVar(&s.rubricFile, "rubric", "", "a rubric of your own; default: the system's")
	flags.BoolVar(&s.lenient, "lenient", false, "leave out limits that this machine cannot set: for a container that holds one submission only")
	flags.BoolVar(&s.containers, "containers", false, "programs of this project run in containers")
}

// open looks at the submissions, and opens the bench.
func (s *setup) open(submissions []string) (err error) {
	if len(submissions) == 0 {
		return errors.New("name a submission: a folder, a zip, or image:NAME")
	}
	for _, from := range submissions {
		if _, err := os.Stat(from); err != nil && !strings.HasPrefix(from, "image:") {
			return fmt.Errorf("%w: a submission is a folder, a zip, or image:NAME", err)
		}
	}
	if s.rubric, err = s.chosenRubric(cmp.Or(s.system, "chat")); err != nil {
		return err
	}
	return s.openBench()
}

// chosenRubric returns the rubric that was named, or else that of the system.
func (s *setup) chosenRubric(system string) (*grade.Rubric, error) {
	if s.rubricFile != "" {
		return grade.LoadRubric(s.rubricFile)
	}
	return grade.DefaultRubric(system)
}

func (s *setup) openBench() (err error) {
	if s.root, err = projectRoot(); err != nil {
		return err
	}
	s.bench, err = lab.Open(lab.Config{Root: s.root, LeftOut: func(line string) { fmt.Fprintln(s.log, line) }})
	return err
}

// atOnce is how many submissions may be graded at the same time: one where they share the
// host's network, since they use the same ports.
func (s *setup) atOnce(jobs int) int {
	if jobs == 1 {
		return jobs
	}
	n, err := network.New()
	if err == nil {
		err = n.Close()
	}
	if err == nil && os.Getenv("PEERLAB_NETWORK") != "host" {
		return jobs
	}
	fmt.Fprintf(s.log, "peerlab: submissions are graded one at a time, since they share the network of this machine: %v\n", cmp.Or(err, errors.New("PEERLAB_NETWORK=host")))
	return 1
}

func (s *setup) grader(rubric *grade.Rubric, report func(string, *grade.Result) error) *grade.Grader {
	return &grade.Grader{
		Rubric: rubric, Bench: s.bench, Now: time.Now, Report: report, Lenient: s.lenient,
		Runner: &grade.Runner{
			Tests: filepath.Join(s.root, scenarios, rubric.System+".test"), Folder: filepath.Join(s.root, "e2e", rubric.System),
			Container: s.containers, Lenient: s.lenient, Limit: runLimit, Getenv: os.Getenv,
		},
	}
}

func (s *setup) wrong(err error) int {
	fmt.Fprintf(s.log, "peerlab: %v\n", err)
	return usage
}

func (s *setup) broken(err error) int {
	fmt.Fprintf(s.log, "peerlab: %v\n", err)
	return broken
}

// scenarios is the folder of the compiled scenarios in the project: SYSTEM.test for each system.
const scenarios = "bin/scenarios"

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
			if _, err := os.Stat(filepath.Join(dir, "e2e", "lab")); err != nil {
				continue
			}
			if _, err := os.Stat(filepath.Join(dir, scenarios)); err != nil {
				return "", fmt.Errorf("the scenarios are not compiled: run 'make build' in %s", dir)
			}
			return dir, nil
		}
	}
	return "", errors.New("the project is not above this program or the current folder: run bin/peerlab in a clone of it")
}
