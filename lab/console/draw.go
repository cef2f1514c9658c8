package console

import (
	"fmt"

	"peerlab/lab/diagram"
	"peerlab/lab/event"
)

const (
	// window is how many of the last events a diagram is made from, and mostDrawn how many of
	// them that pass the filter it has at most; mostSaved is that of a saved run.
	window    = 3000
	mostDrawn = 120
	mostSaved = 2000
	// after is how many events after one belong to what may have caused it: whether a line
	// arrived that it sent, and what stands late in the record.
	after = 500
)

// draw returns the diagram of the last events before number until that pass the filter, or
// of what may have caused the event with the number around; both are lines of the record,
// from 1, and 0 or less for none. The ids of events in it are e and their number.
func (c *Console) draw(f filter, until, around int) ([]byte, error) {
	if around > 0 {
		until = around + after
	}
	events, first := c.history.last(window, until)
	if around <= 0 {
		chosen := f.choose(events)
		return c.drawRun(events, first, chosen[max(len(chosen)-mostDrawn, 0):], diagram.Options{Inside: true, Press: true}, 0), nil
	}
	if around <= first || around > first+len(events) {
		return nil, fmt.Errorf("event %d is no longer kept: save the run, and use 'peerlab diagram'", around)
	}
	all := make([]int, len(events))
	for i := range all {
		all[i] = i
	}
	return c.drawRun(events, first, all, diagram.Options{Inside: true, Press: true}, around), nil
}

// drawSaved returns the diagram of a saved run, which needs no page around it.
func (c *Console) drawSaved() []byte {
	events, first := c.history.last(maxHistory, 0)
	chosen := filter{}.choose(events)
	return c.drawRun(events, first, chosen[max(len(chosen)-mostSaved, 0):], diagram.Options{}, 0)
}

// drawRun draws the events that are chosen, of those after so many of the record, or what
// may have caused the one with the number around.
func (c *Console) drawRun(events []event.Event, before int, chosen []int, o diagram.Options, around int) []byte {
	var part []event.Event
	var numbers []int
	began := c.history.start()
	for _, p := range c.stage.Programs() { // they have the same order in each part of a run
		part = append(part, event.Event{Kind: event.Run, Process: p.Name, Time: began})
		numbers = append(numbers, 0)
	}
	for _, i := range chosen {
		part = append(part, events[i])
		numbers = append(numbers, before+i+1)
	}
	run := diagram.NewPart(part, numbers)
	if p, ok := run.Number(around); ok {
		return run.Draw(run.Around([]diagram.Point{p}, diagram.MostEvents), o)
	}
	return run.Draw(run.All(), o)
}
