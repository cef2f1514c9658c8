package chaos

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/checker"
	"peerlab/lab/diagram"
	"peerlab/lab/evidence"
)

// pointsOut says what the evidence of a verdict is about: the places of the first breach.
func (r *round) pointsOut(v checker.Verdict) {
	if len(v.Breaches) == 0 {
		return
	}
	b := v.Breaches[0]
	offence := r.point(b.Place)
	offence.Text, offence.Missing = b.Line, b.Place.Line < 0
	r.About(offence)
	for _, p := range b.Others {
		r.About(r.point(p))
	}
}

// point is where a place of the history that was judged is in the record.
func (r *round) point(p checker.Place) diagram.Point {
	at := diagram.Point{Process: r.whose[p.Life].Name()}
	for i := range p.Life + 1 {
		if r.whose[i] == r.whose[p.Life] {
			at.Life++
		}
	}
	if p.Line < 0 {
		return at
	}
	screen := r.judges.Lives[p.Life].Screen
	at.Text = screen[p.Line].Text
	for _, shown := range screen[:p.Line+1] {
		if shown.Text == at.Text {
			at.Nth++
		}
	}
	return at
}

// drawnEvent finds the events of a diagram: the classes of each, and its title.
var drawnEvent = regexp.MustCompile(`<g (?:id="e[0-9]+" )?class="([a-z]+(?: [a-z]+)?)"><title>([^<]*)</title>`)

// proves keeps the evidence of a verdict, and requires that its diagram is small and
// contains the line that breaks the guarantee, who typed it, if it was typed, and what the
// lab did.
func (r *round) proves(v checker.Verdict, fault string) {
	r.t.Helper()
	r.pointsOut(v)
	page, err := r.Evidence(v.First())
	require.NoError(r.t, err)
	r.Keep(evidence.File, string(page))
	assert.Less(r.t, len(page), evidence.MaxSize)
	events := map[string][]string{} // titles by class
	count := 0
	for _, found := range drawnEvent.FindAllStringSubmatch(string(page), -1) {
		for _, class := range strings.Fields(found[1]) {
			events[class] = append(events[class], html.UnescapeString(found[2]))
		}
		if found[1] != "band" {
			count++
		}
	}
	has := func(class, text string) bool {
		return slices.ContainsFunc(events[class], func(title string) bool { return strings.Contains(title, text) })
	}
	assert.LessOrEqual(r.t, count, diagram.MostEvents)
	b := v.Breaches[0]
	assert.True(r.t, has("offence", b.Line), "the line that breaks it: %v", events)
	_, text, _ := strings.Cut(b.Line, ": ")
	if slices.ContainsFunc(r.typed, func(l checker.Typed) bool { return l.Text == text }) {
		assert.True(r.t, has("typed", text), "who typed it: %v", events)
	}
	assert.True(r.t, fault == "" || has("fault", fault), "what the lab did: %v", events)
	assert.Contains(r.t, string(page), html.EscapeString(r.replay), "the command")
	assert.Contains(r.t, string(page), "may have caused")
}
