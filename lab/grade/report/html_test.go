package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/grade"
	"peerlab/lab/visible/pagetest"
)

// elements are those that the pages have; none loads or runs anything.
const elements = " a b body caption details div figure h1 h2 h3 h4 head header html li main meta ol p pre span style summary table tbody td tfoot th thead title tr "

var links = regexp.MustCompile(`^(#scenario-[0-9]+|\./[^/:?#]+/report\.html|\./runs/phase-1/1/TestPhase1/[a-z0-9.]+)$`)

// checkPage returns the text of a page that is safe.
func checkPage(t testing.TB, page string) string {
	t.Helper()
	return pagetest.Check(t, []byte(page), elements, links)
}

func TestPages(t *testing.T) {
	for name, r := range cases() {
		t.Run(name, func(t *testing.T) {
			text := checkPage(t, written(t, HTML, r))
			assert.Contains(t, text, upper(total(r)))
			assert.Contains(t, text, whyNot(bounded(r, 0)))
			checkPage(t, written(t, formats["class"], r))
		})
	}
	text := checkPage(t, written(t, HTML, mixed()))
	for _, want := range []string{"✗ failed", "1 of 3 runs passed", "Traceback \\x1b[31m(most", "make e2e-native RUN=TestPhase1", "client2, life 2, stderr (1 line; exit status 1)"} {
		assert.Contains(t, text, want)
	}
}

func TestLinksToWhatIsKept(t *testing.T) {
	page := written(t, HTML, mixed())
	for _, file := range []string{"evidence.html", "timeline.txt", "events.jsonl", "server.1.screen.txt"} {
		assert.Contains(t, page, `href="./runs/phase-1/1/TestPhase1/`+file+`"`)
	}
	for folder, want := range map[string]string{
		"../x": "", "/etc": "", "a//b": "", "runs/\u202e": "", "runs/\x1b": "",
		"javascript:alert(1)": "./javascript:alert%281%29", "runs/a?b#c%2f": "./runs/a%3Fb%23c%252f", `runs/"><script>`: "./runs/%22%3E%3Cscript%3E",
	} {
		r := mixed()
		r.Scenarios[1].Failure.Folder = folder
		page := written(t, HTML, r)
		if want == "" {
			assert.NotContains(t, page, "timeline", folder)
		} else {
			assert.Contains(t, page, `href="`+want+`/timeline.txt"`)
		}
	}
}

func TestAClass(t *testing.T) {
	var class []*grade.Result
	for i := range 5 {
		r := only(grade.Passed, grade.Failed)
		r.Submission = fmt.Sprintf("team %d", i)
		r.Scenarios[1].Failure.Summary = fmt.Sprintf("client%d did not answer within %d.5s", i, i)
		class = append(class, r)
	}
	class[0].Scenarios[1].Failure.Summary = "the server exited"
	class[4] = only(grade.Passed)
	class[4].Submission = "=HYPERLINK(1)"
	broken := mixed()
	broken.Submission, broken.Scenarios[1].Outcome = "ünknown", grade.Passed
	class = append(class, broken)

	page := written(t, func(w io.Writer, _ *grade.Result) error { return ClassHTML(w, class) }, nil)
	text := checkPage(t, page)
	assert.Contains(t, text, "5 of 6 submissions graded, 2 points on average")
	assert.Contains(t, text, "The most common first failure, of 3 submissions: phase-1: client1 did not answer within 1.5s")
	large, small := strings.LastIndex(text, "3 submissions: phase-1"), strings.LastIndex(text, "1 submission: phase-1")
	assert.True(t, large >= 0 && large < small, "the largest group comes first: %s", text)
	assert.Contains(t, page, `href="./team%200/report.html"`)

	rows, err := csv.NewReader(strings.NewReader(written(t, func(w io.Writer, _ *grade.Result) error { return CSV(w, class) }, nil))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 7)
	assert.Equal(t, []string{"submission", "introduced", "phase-1", "phase-2", "killed", "bonus", "points", "max points"}, rows[0][:8])
	assert.Equal(t, []string{"team 0", "2", "0", "", "", "", "2", "8"}, rows[1][:8])
	assert.Equal(t, "'=HYPERLINK(1)", rows[5][0])
	assert.Equal(t, []string{"ünknown", "2", "6", "0", "", "", "", "16.5"}, rows[6][:8], "without a total")
	assert.Equal(t, []string{"passed", "passed", "skipped", "unknown", "not run", whyNot(broken)}, rows[6][8:])
}

func TestNoCellIsAFormula(t *testing.T) {
	for _, cell := range []string{"=1", "+1", "-1", "@x", " =1", "＝1"} {
		assert.Equal(t, "'"+cell, noFormula(cell))
	}
	for _, cell := range []string{"", "ada", "1=1", "'=1", "a-b"} {
		assert.Equal(t, cell, noFormula(cell))
	}
	rows, err := csv.NewReader(strings.NewReader(written(t, formats["csv"], hostile()))).ReadAll()
	require.NoError(t, err)
	for _, row := range rows {
		for _, cell := range row {
			assert.False(t, cell != "" && strings.ContainsAny(strings.TrimSpace(cell)[:1], "=+-@\t\r"), cell)
		}
	}
}
