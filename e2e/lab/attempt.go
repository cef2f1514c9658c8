package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	bench "peerlab/lab"
	"peerlab/lab/event"
	"peerlab/lab/grade"
)

// attemptVariable names the file that is told what became of the test, if it runs alone:
// a grade.Attempt.
const attemptVariable = variablePrefix + "ATTEMPT"

// maxSteps bounds the steps of an attempt; the oldest are dropped.
const maxSteps = 1000

// attempt is what became of the test so far. With several labs the first failure counts.
type attempt struct {
	mu    sync.Mutex
	worst grade.Attempt
}

// tell writes the file, if one is asked for, unless a worse outcome is there already.
func (a *attempt) tell(next grade.Attempt) error {
	path := os.Getenv(attemptVariable)
	if path == "" {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	rank := map[grade.Outcome]int{"": 0, grade.Passed: 1, grade.Skipped: 2, grade.Failed: 3, grade.Unknown: 4}
	if rank[next.Outcome] <= rank[a.worst.Outcome] {
		return nil
	}
	a.worst = next
	content, err := json.Marshal(next)
	if err == nil {
		err = grade.WriteFile(path, content)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", attemptVariable, err)
	}
	return nil
}

// met notes that a process has done what the scenario waited for.
func (l *Lab) met(p *Process, text string) {
	l.step(text)
	l.Record(event.Event{Kind: event.Met, Process: p.Name(), Text: text})
}

// step notes what the scenario has done, or has waited for and seen.
func (l *Lab) step(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.steps) == maxSteps {
		l.steps = append(l.steps[:0], l.steps[1:]...)
	}
	l.steps = append(l.steps, grade.Step{Seconds: time.Since(l.began).Seconds(), Text: text})
}

// failed notes why the test fails, and what the screens show.
func (l *Lab) failed(message string, screens []grade.Screen, at event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := strings.Split(message, "\n")
	l.failure, l.details, l.screens = all[0], all[1:], screens
	at.Kind, at.Text = event.Failed, l.failure
	l.Record(at)
}

// breaks notes that the bench cannot do its work.
func (l *Lab) breaks(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = err.Error()
}

// attempted tells what became of the test as far as it is this lab's.
func (l *Lab) attempted() {
	l.t.Helper()
	a := grade.Attempt{Outcome: grade.Passed}
	l.mu.Lock()
	failure, details, broken := l.failure, l.details, l.broken
	steps := append([]grade.Step(nil), l.steps...)
	l.mu.Unlock()
	switch {
	case l.t.Failed():
		if failure == "" {
			failure = "the scenario failed" // by an assertion that is not the lab's
			l.screens = l.lastScreens()
		} else {
			steps = append(steps, grade.Step{Seconds: time.Since(l.began).Seconds(), Text: failure, Failed: true})
		}
		l.verdict = &grade.Failure{
			Summary: failure, Details: details, Steps: steps, Screens: l.screens, Again: l.again(), Folder: l.artifactFolder(),
		}
		a = grade.Attempt{Outcome: grade.Failed, Failure: l.verdict}
	case l.t.Skipped() && broken == "":
		return // LeaveOut has told
	}
	if broken != "" {
		a = grade.Attempt{Outcome: grade.Unknown, Because: broken}
	}
	if err := l.run.attempt.tell(a); err != nil {
		l.t.Errorf("lab: %v", err)
	}
}

// lastScreens are the last lines of all outputs.
func (l *Lab) lastScreens() (all []grade.Screen) {
	for _, p := range l.Processes() {
		for _, e := range p.Process.Lives() {
			for _, s := range []bench.Stream{bench.Stdout, bench.Stderr} {
				v := e.Output(s).Since(0)
				screen := grade.Screen{Process: p.Name(), Life: e.Number(), Stream: s.String(), State: state(e, v), File: artifactName(p.Name(), e.Number(), s)}
				for _, line := range v.Lines[max(0, len(v.Lines)-tailLines):] {
					screen.Lines = append(screen.Lines, shorten(line.Text))
				}
				if v.Partial != "" {
					screen.Lines = append(screen.Lines, shorten(v.Partial))
				}
				all = append(all, screen)
			}
		}
	}
	return all
}
