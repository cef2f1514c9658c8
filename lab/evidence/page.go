// Package evidence makes the page that shows a person why a scenario failed: the verdict,
// the steps, a diagram of what may have caused it, the screens, and the command that plays
// it again. The page needs nothing else, neither a network nor scripts.
package evidence

import (
	_ "embed"
	"html/template"
	"io"
	"unicode/utf8"

	"peerlab/lab/diagram"
	"peerlab/lab/event"
	"peerlab/lab/grade"
	"peerlab/lab/visible"
)

// MaxSize bounds a page, in bytes.
const MaxSize = 1 << 20

// File is the name of a page among the artifacts of a scenario.
const File = "evidence.html"

// Case is what a page is about.
type Case struct {
	Title   string // the scenario
	Failure *grade.Failure
	Record  []event.Event
	Points  []diagram.Point // the line that broke it first; none: where the scenario failed
	Whole   string          // the command that draws the whole record; "" if there is none
}

// Bounds of what a page has of each part. Hostile text grows sixfold when it is escaped.
const (
	mostSteps   = 80
	mostDetails = 40
	mostScreens = 8
	mostText    = 240  // bytes of a line
	mostWhole   = 4000 // bytes of the verdict, and of a command
)

//go:embed page.tmpl
var pageText string

//go:embed style.css
var style string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"policy":  func() string { return visible.Policy(style + diagram.Style) },
	"style":   func() template.CSS { return template.CSS(style + diagram.Style) },
	"visible": func(s string) string { return clip(s, mostText) },
	"whole":   func(s string) string { return clip(s, mostWhole) },
}).Parse(pageText))

// clip returns the beginning of a text, so that it only shows.
func clip(text string, most int) string {
	if len(text) <= most {
		return visible.Text(text)
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return visible.Text(text[:cut]) + "…"
}

// Write writes the page of a case.
func Write(w io.Writer, c Case) error {
	r := diagram.New(c.Record)
	if len(c.Points) == 0 {
		if p, ok := r.Failure(); ok {
			c.Points = []diagram.Point{p}
		}
	}
	slice := r.Around(c.Points, diagram.MostEvents)
	screens := r.Screens(slice)
	details := c.Failure.Details
	return page.Execute(w, struct {
		Case
		Says    string
		Picture template.HTML
		Events  []diagram.Line
		Screens []diagram.Screen
		Steps   []grade.Step
		Left    int // steps that are left out
		Details []string
	}{
		Case: c, Says: r.Says(slice), Picture: template.HTML(r.Draw(slice, diagram.Options{Inside: true})), Events: r.Text(slice),
		Screens: screens[:min(len(screens), mostScreens)],
		Steps:   c.Failure.Steps[max(0, len(c.Failure.Steps)-mostSteps):], Left: max(0, len(c.Failure.Steps)-mostSteps),
		Details: details[:min(len(details), mostDetails)],
	})
}
