package console

import (
	"fmt"
	"regexp"
	"strconv"

	"peerlab/lab/diagram"
	"peerlab/lab/event"
)

const (
	// window is how many of the last events a diagram is made from, and mostDrawn how many of
	// them that pass the filter it has at most; mostSaved is that of a saved run.
	window    = 3000
	mostDrawn = 120
	mostSaved = 2000
)

// draw returns the diagram of the last events before until that pass the filter, or of what
// may have caused the event with the number around; both are from 0, and negative for none.
// The ids of events in it are e and their number.
func (c *Console) draw(f filter, until, around int) ([]byte, error) {
	if around >= 0 {
		until = around + 1
	}
	events, first := c.history.last(window, until)
	if around >= 0 && first+len(events) != until {
		return nil, fmt.Errorf("event %d is no longer kept: save the run, and use 'peerlab diagram'", around)
	}
	if around < 0 {
		chosen := f.choose(events)
		return c.drawRun(events, first, chosen[max(len(chosen)-mostDrawn, 0):], diagram.Options{Inside: true}, false), nil
	}
	all := make([]int, len(events))
	for i := range all {
		all[i] = i
	}
	return c.drawRun(events, first, all, diagram.Options{Inside: true}, true), nil
}

// drawSaved returns the diagram of a saved run, which needs no page around it.
func (c *Console) drawSaved() []byte {
	events, first := c.history.last(maxHistory, 0)
	chosen := filter{}.choose(events)
	return c.drawRun(events, first, chosen[max(len(chosen)-mostSaved, 0):], diagram.Options{}, false)
}

// drawRun draws the events that are chosen, or what may have caused the last one.
func (c *Console) drawRun(events []event.Event, first int, chosen []int, o diagram.Options, last bool) []byte {
	var part []event.Event
	began := c.history.start()
	for _, p := range c.stage.Programs() { // they have the same order in each part of a run
		part = append(part, event.Event{Kind: event.Run, Process: p.Name, Time: began})
	}
	before := len(part)
	for _, i := range chosen {
		part = append(part, events[i])
	}
	run := diagram.New(part)
	slice := run.All()
	if p, ok := run.Number(len(part)); ok && last {
		slice = run.Around([]diagram.Point{p}, diagram.MostEvents)
	}
	return eventID.ReplaceAllFunc(run.Draw(slice, o), func(id []byte) []byte {
		line, _ := strconv.Atoi(string(eventID.FindSubmatch(id)[1]))
		if line <= before {
			return id
		}
		return fmt.Appendf(nil, `<g id="e%d" tabindex="0"`, first+chosen[line-1-before])
	})
}

// eventID is the id of an event in a diagram: its line among those that it is made from, from
// 1.
var eventID = regexp.MustCompile(`<g id="e([0-9]+)"`)
