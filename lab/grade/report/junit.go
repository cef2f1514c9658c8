package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"peerlab/lab/grade"
)

// The elements of JUnit XML, as Jenkins, GitLab and the actions of GitHub read them.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		junitCounts
		Suite junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		junitCounts
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitCounts struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Time     string `xml:"time,attr"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class      string          `xml:"classname,attr"`
		Name       string          `xml:"name,attr"`
		Time       string          `xml:"time,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Failure    *junitFault     `xml:"failure"`
		Error      *junitFault     `xml:"error"`
		Skipped    *junitFault     `xml:"skipped"`
	}
	junitFault struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",cdata"`
	}
)

// JUnit writes a result as JUnit XML. A failed scenario is a failure, one that is unknown an
// error, and one that was skipped or not run is skipped. The first line of a failure is its
// whole reason, since viewers cut the others.
func JUnit(w io.Writer, r *grade.Result) error {
	return fit(w, r, func(w io.Writer, r *grade.Result) error {
		counts := junitCounts{Name: or(r.Submission, "submission"), Tests: len(r.Scenarios), Time: seconds(r.Seconds)}
		suite := junitSuite{Timestamp: r.Began.UTC().Format("2006-01-02T15:04:05"), Properties: junitProperties(r)}
		taken := make(map[string]bool)
		for i := range r.Scenarios {
			s := &r.Scenarios[i]
			c := junitCase{Class: counts.Name, Name: unique(or(s.Name, "scenario"), taken), Time: seconds(s.Seconds), Properties: []junitProperty{
				{"says", s.Says}, {"outcome", string(s.Outcome)}, {"points", scored(s)}, {"max-points", points(s.Points)}, {"runs", fmt.Sprint(s.Runs)}, {"passes", fmt.Sprint(s.Passes)},
			}}
			fault := &junitFault{Message: reason(s)}
			switch s.Outcome {
			case grade.Passed:
			case grade.Failed:
				counts.Failures++
				fault.Type, fault.Text, c.Failure = "failed", fault.Message, fault
				if s.Failure != nil {
					fault.Text = strings.Join(evidence(s.Failure), "\n")
				}
			case grade.Unknown:
				counts.Errors++
				fault.Type, fault.Text, c.Error = "unknown", fault.Message+"\nThe bench failed, not the submission.", fault
			default:
				counts.Skipped++
				fault.Message, c.Skipped = string(s.Outcome)+": "+fault.Message, fault
			}
			suite.Cases = append(suite.Cases, c)
		}
		suite.junitCounts = counts
		if _, err := io.WriteString(w, xml.Header); err != nil {
			return err
		}
		out := xml.NewEncoder(w)
		out.Indent("", "  ")
		if err := out.Encode(junitSuites{junitCounts: counts, Suite: suite}); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return err
	})
}

// junitProperties are those of the whole result.
func junitProperties(r *grade.Result) []junitProperty {
	got, _ := r.Score()
	all := []junitProperty{
		{"system", r.System},
		{"title", r.Title},
		{"began", r.Began.UTC().Format(time.RFC3339)},
		{"complete", fmt.Sprint(r.Complete)},
		{"gradable", fmt.Sprint(r.Gradable())},
		{"max-points", points(r.Max())},
	}
	if r.Gradable() {
		all = append(all, junitProperty{"points", points(got)})
	} else {
		all = append(all, junitProperty{"not-gradable", whyNot(r)})
	}
	if r.Problem != "" {
		all = append(all, junitProperty{"problem", r.Problem})
	}
	return all
}

// scored is the score of a scenario, and empty if it has none.
func scored(s *grade.Scored) string {
	if open(s) {
		return ""
	}
	return points(s.Score())
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// unique returns a name that was not taken; GitLab shows one test of each name.
func unique(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	taken[free] = true
	return free
}
