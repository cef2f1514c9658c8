package report

import (
	_ "embed"
	"html/template"
	"io"
	"net/url"
	"strings"

	"peerlab/lab/grade"
	"peerlab/lab/visible"
)

//go:embed report.tmpl
var pageText string

//go:embed style.css
var style string

// lateSteps is how many steps of a failure are shown at once; those before are folded.
const lateSteps = 8

// pages are those of a submission and of a class. They have no scripts.
var pages = template.Must(template.New("pages").Funcs(template.FuncMap{
	"policy": func() string { return visible.Policy(style) },
	"style":  func() template.CSS { return template.CSS(style) },
	"title":  func(r *grade.Result) string { return r.Submission + ": " + total(r) },
	"mark": func(o grade.Outcome) string {
		return or(map[grade.Outcome]string{grade.Passed: "✓", grade.Failed: "✗", grade.Skipped: "–"}[o], "?")
	},
	"class": func(o grade.Outcome) string {
		if o == grade.NotRun {
			return "unknown"
		}
		return string(o)
	},
	"screenName": func(s grade.Screen) string { return screenName(&s) },
	"runs":       func(s grade.Scored) string { return runs(&s) },
	"worth":      func(s grade.Scored) string { return worth(&s) },
	"open":       func(s grade.Scored) bool { return open(&s) },
	"reason":     func(s grade.Scored) string { return reason(&s) },
	"flaky":      func(s grade.Scored) bool { return s.Passes > 0 && s.Passes < s.Runs },
	"join":       func(all []string) string { return strings.Join(all, "\n") },
	"link":       link,
	"early":      func(all []grade.Step) []grade.Step { return all[:max(0, len(all)-lateSteps)] },
	"late":       func(all []grade.Step) []grade.Step { return all[max(0, len(all)-lateSteps):] },
	"points":     points, "total": total, "whyNot": whyNot, "upper": upper, "count": count,
}).Parse(pageText))

// link refers to a file beside the page.
func link(elements ...string) string {
	all := strings.Split(strings.Join(elements, "/"), "/")
	for i, element := range all {
		all[i] = url.PathEscape(element)
	}
	return "./" + strings.Join(all, "/")
}

// HTML writes a result as one page that needs nothing else, neither a network nor scripts.
func HTML(w io.Writer, r *grade.Result) error {
	return fit(w, r, func(w io.Writer, r *grade.Result) error { return pages.ExecuteTemplate(w, "report", r) })
}
