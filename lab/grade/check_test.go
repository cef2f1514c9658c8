package grade

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// references writes a file of checks, for the rubric of the tests, and the program beside it.
func references(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "chat"), 0o755))
	for _, name := range []string{"server.py", "client.py"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "chat", name), []byte("right\n"), 0o644))
	}
	path := filepath.Join(dir, "checks.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

const oneReference = `
- name: one
  system: chat
  needs: [sh]
  files: [chat/server.py, chat/client.py]
  faults:
    - {name: bad, fails: [a], change: [[server.py, right, wrong]]}
    - {name: ill, fails: [b], change: [[server.py, right, wrong], [server.py, wrong, worse]]}
    - {name: off, fails: [c], change: [[client.py, right, wrong]]}
`

func TestChecksAreMade(t *testing.T) {
	g, _ := grader(t, nil)
	checks, err := ReadChecks(references(t, oneReference), []*Rubric{g.Rubric}, []string{"sh"}, func(string) { t.Error("nothing is left out") })
	require.NoError(t, err)
	var got []string
	for _, c := range checks {
		got = append(got, c.name+": "+string(c.files["server.py"])+string(c.files["client.py"]))
	}
	require.Equal(t, []string{"chat-empty: ", "one: right\nright\n", "one-bad: wrong\nright\n", "one-ill: worse\nright\n", "one-off: right\nwrong\n"}, got)
	require.Equal(t, []string{"a"}, checks[0].fails)
	require.Empty(t, checks[1].fails)
}

func TestWhatIsNoListOfChecks(t *testing.T) {
	g, _ := grader(t, nil)
	for change, want := range map[[2]string]string{
		{"name: one", "name: o/ne"}:      `o/ne: "o/ne" is no name of a submission`,
		{"system: chat", "system: caht"}: `one: system: "caht" is none of chat, relay, order, room`,
		{"[b]", "[d]"}:                   `one-ill: fails: the rubric has no scenario "d"`,
		{"[b]", "[c]"}:                   "no fault fails in b: nothing shows that its points can be lost",
		{"[b]", "[]"}:                    "ill: it must change something, and fail in something",
		{"[[client.py, right, wrong]]", "[[x, right, left]]"}: `off: "right" is 0 times in x, and should be there once`,
		{"chat/client.py", "gone.py"}:                         "gone.py: no such file",
		{"needs", "need"}:                                     "field need not found",
		{"[sh]", "[no-such-program]"}:                         "no-such-program is not installed, and PEERLAB_REQUIRE names it",
	} {
		path := references(t, strings.Replace(oneReference, change[0], change[1], 1))
		_, err := ReadChecks(path, []*Rubric{g.Rubric}, []string{"no-such-program"}, func(string) {})
		require.ErrorContains(t, err, want)
	}
	var leftOut []string
	checks, err := ReadChecks(references(t, strings.Replace(oneReference, "[sh]", "[no-such-program]", 1)), []*Rubric{g.Rubric}, nil,
		func(line string) { leftOut = append(leftOut, line) })
	require.NoError(t, err)
	require.Len(t, checks, 1, "the empty one")
	require.Equal(t, []string{"one and its faults are left out: no-such-program is not installed"}, leftOut)
}

// reader plays a submission as its programs say: it fails in the scenarios that are named in
// the server's text.
type reader struct{ runs map[string]int }

func (p *reader) play(_ context.Context, test string, s *Submission, _ string) Attempt {
	p.runs[s.Name+" "+test]++
	content, _ := os.ReadFile(filepath.Join(s.Dir, "server.py"))
	switch text := string(content); {
	case strings.Contains(text, "unknown"):
		return Attempt{Outcome: Unknown, Because: "no engine"}
	case text == "" || strings.Contains(text, test):
		return Attempt{Outcome: Failed, Failure: &Failure{Summary: "it is wrong"}}
	}
	return Attempt{Outcome: Passed}
}

func TestChecksAreGraded(t *testing.T) {
	path := references(t, `
- name: one
  system: chat
  files: [chat/server.py, chat/client.py]
  faults:
    - {name: a, fails: [a], change: [[server.py, right, TestA]]}
    - {name: b, fails: [b], change: [[server.py, right, TestC TestB]]}
    - {name: c, fails: [c], change: [[server.py, right, "right, too"]]}
    - {name: d, fails: [a], change: [[server.py, right, unknown]]}
    - {name: e, fails: [c], change: [[server.py, right, TestB]]}
`)
	g, _ := grader(t, nil)
	checks, err := ReadChecks(path, []*Rubric{g.Rubric}, nil, nil)
	require.NoError(t, err)
	p := &reader{make(map[string]int)}
	told := 0
	checked, err := GradeChecks(t.Context(), checks, func(r *Rubric) *Grader {
		copied := *g
		copied.Rubric, copied.Runner = r, p
		return &copied
	}, 1, t.TempDir(), func(Checked) { told++ })
	require.NoError(t, err)
	require.Equal(t, len(checks), told)
	var got []string
	for _, c := range checked {
		got = append(got, strings.Join(strings.Fields(c.String()), " "))
	}
	require.Equal(t, []string{
		"chat-empty 0 of 16 failed in a: as it should",
		"one 16 of 16 failed in nothing: as it should",
		"one-a 0 of 16 failed in a: as it should",
		"one-b 8 of 16 failed in b: as it should",
		"one-c 16 of 16 failed in nothing: WRONG: c passed, and should be failed",
		"one-d 0 of 0 failed in nothing: WRONG: a unknown, and should be failed: no engine; b unknown, and should be skipped: of a it is not known whether it passes; c unknown, and should be skipped: of b it is not known whether it passes",
		"one-e 8 of 16 failed in b: WRONG: b failed, and should be passed: it is wrong; c skipped, and should be failed: b has not passed",
	}, got)
	require.Equal(t, 1, p.runs["one-b TestB"], "a failure that is awaited is not repeated")
	require.Equal(t, 2, p.runs["one-e TestB"], "another one is")
	require.Equal(t, "it was not graded", (&Checked{}).Wrong())
	require.Equal(t, "nothing could be run: no cc", (&Checked{Result: &Result{Problem: "no cc"}}).Wrong())
}

// The project's own checks fit the programs that they change, and their rubrics.
func TestTheProjectsChecks(t *testing.T) {
	for _, system := range Systems {
		rubric, err := DefaultRubric(system)
		require.NoError(t, err)
		path := filepath.Join("..", "..", "e2e", "foreign", "checks.yaml")
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Contains(t, string(content), "system: "+system)
		_, err = ReadChecks(path, []*Rubric{rubric}, nil, func(line string) { t.Log(line) })
		require.NoError(t, err)
	}
}
