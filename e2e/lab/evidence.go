package lab

import (
	"bytes"
	"path/filepath"

	bench "peerlab/lab"
	"peerlab/lab/diagram"
	"peerlab/lab/event"
	"peerlab/lab/evidence"
	"peerlab/lab/grade"
)

// About says what a failure is about, for its evidence: the line that is wrong, or missing,
// first. What was said before stays first.
func (l *Lab) About(points ...diagram.Point) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.points = append(l.points, points...)
}

// Evidence returns the page that shows why the test fails, or would, as far as the record
// goes. The verdict is a sentence.
func (l *Lab) Evidence(verdict string) ([]byte, error) {
	l.mu.Lock()
	steps := append([]grade.Step(nil), l.steps...)
	l.mu.Unlock()
	return l.evidence(&grade.Failure{Summary: verdict, Steps: steps, Again: l.again()}, l.events())
}

func (l *Lab) evidence(f *grade.Failure, record []event.Event) ([]byte, error) {
	var page bytes.Buffer
	events := filepath.Join(l.artifactDir(), bench.EventsFile)
	err := evidence.Write(&page, evidence.Case{
		Title: l.t.Name(), Failure: f, Record: record, Points: l.points,
		Whole: bench.QuoteWords("bin/peerlab", "diagram", "-all", "-o", "all.svg", events),
	})
	return page.Bytes(), err
}

// points are the lines that a failure is about.
func (f *failure) points() (all []diagram.Point) {
	if f.process == nil || f.stream != bench.Stdout || f.process.now() == nil {
		return nil
	}
	at := diagram.Point{Process: f.process.Name(), Life: f.process.now().Number(), Kind: event.Shown}
	for _, line := range f.extra {
		at.Text, at.Nth = line, 0
		for _, l := range f.process.now().Output(bench.Stdout).Since(0).Lines {
			if f.process.compared(l.Text) == line {
				at.Nth++
			}
		}
		all = append(all, at)
	}
	at.Missing, at.Nth = true, 0
	for _, line := range f.missing {
		at.Text = line
		all = append(all, at)
	}
	return all
}

// where is the process of a failure, for the record.
func (f *failure) where() event.Event {
	if f.process == nil || f.process.now() == nil {
		return event.Event{}
	}
	return event.Event{Process: f.process.Name(), Life: f.process.now().Number()}
}
