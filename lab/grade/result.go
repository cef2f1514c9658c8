// Package grade scores programs by scenarios. A rubric says which scenarios, their points
// and what each depends on; a runner plays them; a result says for every point why it was
// given or not; and reports show a result to people and to other systems.
package grade

import (
	"strings"
	"time"
)

// Version is that of the form of a result. It grows when a field changes its meaning; a
// new field does not change it.
const Version = 1

// Outcome is what became of a scenario. Only Failed costs points for good.
type Outcome string

const (
	NotRun  Outcome = "not run" // yet, or the grading was ended before
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"  // the submission has done something wrong
	Skipped Outcome = "skipped" // what it depends on has not passed
	Unknown Outcome = "unknown" // the bench has failed, and says nothing about the submission
)

// Result is the grade of one submission. It is complete from the beginning, with scenarios
// that are not run, so that a grading which is ended at any time leaves a valid one.
type Result struct {
	Version    int       `json:"version"`
	Submission string    `json:"submission"` // its name
	System     string    `json:"system"`     // chat, relay, order or room
	Title      string    `json:"title"`      // of the rubric
	Rubric     string    `json:"rubric"`     // a hash of it
	Hash       string    `json:"hash"`       // of the submission's content
	Began      time.Time `json:"began"`
	Seconds    float64   `json:"seconds"` // so far
	Complete   bool      `json:"complete"`
	Problem    string    `json:"problem,omitempty"` // why nothing could be run: it does not build, or no program was found
	Scenarios  []Scored  `json:"scenarios"`
}

// Scored is a scenario and what became of it.
type Scored struct {
	Name    string   `json:"name"`            // in the rubric
	Says    string   `json:"says"`            // the sentence that a student reads: what is expected
	Points  float64  `json:"points"`          // at most
	After   []string `json:"after,omitempty"` // the names of those that must have passed
	Outcome Outcome  `json:"outcome"`
	Runs    int      `json:"runs"`   // how often it was played
	Passes  int      `json:"passes"` // of them
	Seconds float64  `json:"seconds"`
	Because string   `json:"because,omitempty"` // it was skipped, or is unknown
	Failure *Failure `json:"failure,omitempty"` // the first one
}

// Failure says what was expected and what there was.
type Failure struct {
	Summary string   `json:"summary"` // a line that names the fault
	Details []string `json:"details,omitempty"`
	Steps   []Step   `json:"steps,omitempty"` // those that worked, and the one that did not
	Screens []Screen `json:"screens,omitempty"`
	Again   string   `json:"again,omitempty"` // the command that plays it again
	// Folder is where the record and the screens of this run are kept: below the folder of
	// the submission, with slashes. "": they are not kept.
	Folder string `json:"folder,omitempty"`
}

// Step is one thing that a scenario has done or awaited.
type Step struct {
	Seconds float64 `json:"seconds"` // since its beginning
	Text    string  `json:"text"`
	Failed  bool    `json:"failed,omitempty"`
}

// Screen is what one life of a process has written to one of its outputs. Its text is
// hostile: reports escape it.
type Screen struct {
	Process string   `json:"process"`
	Life    int      `json:"life"`
	Stream  string   `json:"stream"`         // screen or stderr
	State   string   `json:"state"`          // whether it runs, or how it ended
	Lines   []string `json:"lines"`          // the last ones
	File    string   `json:"file,omitempty"` // that holds all of them, in the folder of the failure
}

// Score returns the points of a scenario.
func (s *Scored) Score() float64 {
	if s.Outcome == Passed {
		return s.Points
	}
	return 0
}

// Score returns the points of all scenarios, and how many there could be. Those whose
// outcome is unknown, or that were not run, are in neither: the bench costs no points.
func (r *Result) Score() (points, of float64) {
	for _, s := range r.Scenarios {
		points += s.Score()
		if s.Outcome != Unknown && s.Outcome != NotRun {
			of += s.Points
		}
	}
	return points, of
}

// Gradable reports whether every scenario has an outcome that is the submission's own.
func (r *Result) Gradable() bool {
	for _, s := range r.Scenarios {
		if s.Outcome == Unknown || s.Outcome == NotRun {
			return false
		}
	}
	return r.Complete
}

// Max returns the points that the rubric has in all.
func (r *Result) Max() (of float64) {
	for _, s := range r.Scenarios {
		of += s.Points
	}
	return of
}

// Original is the submission of which a run plays a copy. The run is told of it as JSON.
type Original struct {
	Copy   string // the folder of the copy
	Folder string // that of the submission
	Before string // what is to be done there first, and " && "
}

// Command returns a command that plays a scenario with the copy, for the submission itself.
func (o *Original) Command(command string) string {
	return o.Before + strings.ReplaceAll(command, o.Copy, strings.ReplaceAll(o.Folder, " ", `\ `))
}

// Attempt is one run of a scenario, as the scenario itself reports it: see
// peerlab/e2e/lab. The folder of its failure is below the one for artifacts.
type Attempt struct {
	Outcome Outcome  `json:"outcome"`
	Because string   `json:"because,omitempty"` // it was left out, or the bench has failed
	Failure *Failure `json:"failure,omitempty"`
}
