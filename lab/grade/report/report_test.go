package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/grade"
	"peerlab/lab/visible"
)

var update = flag.Bool("update", false, "write the golden files")

// a mixed result has every outcome once.
func mixed() *grade.Result {
	r := &grade.Result{
		Version: grade.Version, Submission: "ada", System: "chat", Title: "Hybrid peer-to-peer chat",
		Began: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC), Seconds: 41.25, Complete: true,
	}
	r.Scenarios = []grade.Scored{
		{Name: "introduced", Says: "Each client is introduced once.", Points: 2, Outcome: grade.Passed, Runs: 1, Passes: 1, Seconds: 2.5},
		{Name: "phase-1", Says: "Five clients and the server talk.", Points: 6, Outcome: grade.Failed, Runs: 3, Passes: 1, Seconds: 9, Failure: &grade.Failure{
			Summary: `client2 did not show line "Client 1: hello" within 2s`,
			Details: []string{"client2 printed nothing until exit: is its output flushed?"},
			Steps: []grade.Step{
				{Seconds: 0.31, Text: `server shows line "Client 1: initiated."`},
				{Seconds: 0.42, Text: `client1 is typed "hello"`},
				{Seconds: 2.42, Text: `client2 did not show line "Client 1: hello" within 2s`, Failed: true},
			},
			Screens: []grade.Screen{
				{Process: "server", Life: 1, Stream: "screen", State: "2 lines; still runs", Lines: []string{"Client 1: initiated.", "Client 2: initiated."}, File: "server.1.screen.txt"},
				{Process: "server", Life: 1, Stream: "stderr", State: "no lines; still runs"},
				{Process: "client2", Life: 2, Stream: "stderr", State: "1 line; exit status 1", Lines: []string{"Traceback \x1b[31m(most recent call last)"}},
			},
			Again: "make e2e-native RUN=TestPhase1", Folder: "runs/phase-1/1/TestPhase1",
		}},
		{Name: "phase-2", Says: "A restarted server finds its clients.", Points: 5, After: []string{"phase-1"}, Outcome: grade.Skipped, Because: "phase-1 has not passed"},
		{Name: "killed", Says: "So does one that was killed.", Points: 3, Outcome: grade.Unknown, Because: "no network could be made"},
		{Name: "bonus", Says: "It says good-bye.", Points: 0.5, Outcome: grade.NotRun},
	}
	return r
}

// only returns a mixed result without the scenarios of other outcomes.
func only(outcomes ...grade.Outcome) *grade.Result {
	r := mixed()
	all := r.Scenarios
	r.Scenarios = nil
	for _, o := range outcomes {
		for _, s := range all {
			if s.Outcome == o {
				r.Scenarios = append(r.Scenarios, s)
			}
		}
	}
	return r
}

// nasty is what programs, and students who name files, could write to harm a reader.
const nasty = "\x1b[2J\x00\x07 ]]> <script>alert(1)</script> <!-- &amp; \"'> \xff\xfe\xed\xa0\x80 \u202e\u2028\ufffe\uffff \x7f\u009b31m\r\n=cmd|'/c calc'!A1"

// hostile has nasty texts everywhere, and long ones: lines of 1 MB, many lines, many steps.
func hostile() *grade.Result {
	r := mixed()
	r.Submission, r.Title, r.Problem = "=1+1"+nasty, nasty, nasty+"\n"+nasty
	long := strings.Repeat("<&'\"\x1b>", 1<<20/6)
	r.Scenarios = append(r.Scenarios, r.Scenarios[1])
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		s.Name, s.Says, s.Because, s.After = nasty, nasty, nasty, []string{nasty}
		if s.Outcome != grade.Failed {
			continue
		}
		f := &grade.Failure{Summary: nasty + long, Details: []string{nasty, long}, Again: nasty + long, Folder: nasty}
		for range 3000 {
			f.Steps = append(f.Steps, grade.Step{Text: nasty, Failed: true})
		}
		for range 20 {
			f.Screens = append(f.Screens, grade.Screen{Process: nasty, Life: 3, Stream: nasty, State: nasty, Lines: append(strings.Split(strings.Repeat(nasty, 100), "\n"), long), File: nasty})
		}
		s.Failure = f
	}
	return r
}

// cases are results of every kind.
func cases() map[string]*grade.Result {
	all := map[string]*grade.Result{
		"passing": only(grade.Passed), "failing": only(grade.Failed), "skipped": only(grade.Passed, grade.Failed, grade.Skipped),
		"unknown": only(grade.Passed, grade.Unknown), "not run": only(grade.NotRun), "mixed": mixed(), "hostile": hostile(), "empty": {},
	}
	all["not run"].Complete = false
	all["no failure told"] = only(grade.Failed)
	all["no failure told"].Scenarios[0].Failure = nil
	all["killed at the end"] = only(grade.Passed)
	all["killed at the end"].Complete = false
	all["does not build"] = only(grade.Skipped)
	all["does not build"].Problem = "it does not build: 'make': exit status 2\nchat.c:1: error: \x1b[31mno\x1b[0m"
	all["hostile and whole"] = hostile()
	all["hostile and whole"].Scenarios = all["hostile and whole"].Scenarios[:3]
	return all
}

// formats are all of one result. Those of JSON are in schema_test.go, too.
var formats = map[string]func(io.Writer, *grade.Result) error{
	"text":         func(w io.Writer, r *grade.Result) error { return Text(w, r, false) },
	"html":         HTML,
	"junit":        JUnit,
	"gradescope":   Gradescope,
	"prairielearn": PrairieLearn,
	"classroom50": func(w io.Writer, r *grade.Result) error {
		return Classroom50(w, r, func(name string) string { return map[string]string{"SUBMISSION_TAG": "submit/1"}[name] })
	},
	"csv":   func(w io.Writer, r *grade.Result) error { return CSV(w, []*grade.Result{r}) },
	"class": func(w io.Writer, r *grade.Result) error { return ClassHTML(w, []*grade.Result{r}) },
}

func written(t testing.TB, format func(io.Writer, *grade.Result) error, r *grade.Result) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, format(&out, r))
	return out.String()
}

func TestGoldenFiles(t *testing.T) {
	for name, format := range map[string]string{"mixed.txt": "text", "mixed.xml": "junit"} {
		path, got := filepath.Join("testdata", name), written(t, formats[format], mixed())
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(want), got, "%s; if that is right, run: go test ./lab/grade/report -run Golden -update", path)
	}
}

func TestEveryFormatOfEveryResultIsSmallAndHarmless(t *testing.T) {
	for name, r := range cases() {
		for format, write := range formats {
			got := written(t, write, r)
			assert.LessOrEqual(t, len(got), MaxSize, "%s of %s", format, name)
			for _, l := range strings.Split(got, "\n") {
				assert.Equal(t, visible.Text(l), l, "%s of %s", format, name)
			}
		}
	}
}

func TestReportsLeaveTheResultAsItIs(t *testing.T) {
	r := hostile()
	for _, write := range formats {
		written(t, write, r)
	}
	assert.Equal(t, hostile(), r)
}

func TestWhatIsUnknownIsNoScore(t *testing.T) {
	for name, r := range cases() {
		text := written(t, formats["text"], r)
		if r.Gradable() {
			assert.Empty(t, whyNot(r), name)
			assert.NotContains(t, text, "no grade yet", name)
		} else {
			assert.NotEmpty(t, whyNot(r), name)
			assert.Contains(t, text, "No grade yet", name)
		}
	}
	assert.Equal(t, "The bench, not the submission, failed in killed: 3 points are neither given nor lost. Grade the submission again. "+
		"The grading ended before bonus: 0.5 points are open.", whyNot(mixed()))
}

func TestPoints(t *testing.T) {
	tenth := 0.1
	assert.Equal(t, []string{"0", "16", "2.5", "0.3", "0.33"}, []string{points(0), points(16), points(2.5), points(tenth + 2*tenth), points(1.0 / 3)})
}

func TestTheTerminalHasColorOnlyIfAsked(t *testing.T) {
	plain := written(t, formats["text"], mixed())
	colored := written(t, func(w io.Writer, r *grade.Result) error { return Text(w, r, true) }, mixed())
	assert.Contains(t, colored, "\x1b[31m:( phase-1, 0 of 6 points, 1 of 3 runs passed\x1b[0m\n")
	assert.Equal(t, plain, strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[35m", "", "\x1b[0m", "").Replace(colored))
}

func TestALongFailureKeepsItsEndAndSaysWhatIsLeftOut(t *testing.T) {
	r := only(grade.Failed)
	f := r.Scenarios[0].Failure
	f.Steps = append(make([]grade.Step, 20000), f.Steps...)
	f.Screens[0].Lines = append(strings.Split(strings.Repeat("x\n", 500000), "\n"), "the last line")
	page := written(t, HTML, r)
	assert.Contains(t, page, "(earlier steps are left out)")
	assert.Contains(t, page, "lines left out)")
	assert.Contains(t, page, "the last line")
	assert.Contains(t, page, f.Steps[len(f.Steps)-1].Text[:20])
	assert.Greater(t, len(page), MaxSize/4, "more than needed is left out")

	text := written(t, formats["text"], r)
	assert.Contains(t, text, "(earlier steps are left out)")
	assert.Less(t, strings.Count(text, "\n"), 25, "a terminal shows the last steps only")
	assert.Contains(t, text, f.Steps[len(f.Steps)-2].Text)
}
