package evidence

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/lab/diagram"
	"peerlab/lab/event"
	"peerlab/lab/grade"
	"peerlab/lab/visible/pagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const nasty = "\x1b]0;x\a\u202e</pre></svg></style><script>alert(1)</script><img src=http://example.com/x>&\"'\xff\x00\u2028"

// elements are those that a page has; none loads or runs anything.
const elements = " a body details div figure h1 h2 h3 head header html li main mark meta ol p pre section span strong style summary title" +
	" svg defs pattern path rect g text "

var links = regexp.MustCompile(`^#e[0-9]+$`)

// checkPage returns the text of a page that is safe and bounded.
func checkPage(t testing.TB, page []byte) string {
	t.Helper()
	require.LessOrEqual(t, len(page), MaxSize)
	return pagetest.Check(t, page, elements, links)
}

func written(t testing.TB, c Case) []byte {
	t.Helper()
	var page bytes.Buffer
	require.NoError(t, Write(&page, c))
	return page.Bytes()
}

// record is one in which client1 types a line that client2 does not show.
func record() (all []event.Event) {
	at := time.Date(2026, 11, 29, 1, 2, 3, 0, time.UTC)
	link := &event.Link{From: "client1", To: "client2", Connection: 1}
	for _, e := range []event.Event{
		{Kind: event.Run, Version: event.Version},
		{Kind: event.Started, Process: "client1", Life: 1, Text: "./client 1"},
		{Kind: event.Started, Process: "client2", Life: 1, Text: "./client 2"},
		{Kind: event.Shown, Process: "client2", Life: 1, Text: "Client 1: initiated."},
		{Kind: event.Fault, Link: &event.Link{From: "client1", To: "client2"}, Text: "drop"},
		{Kind: event.Typed, Process: "client1", Life: 1, Text: "hello"},
		{Kind: event.Sent, Link: link, Text: "MSG 1 hello", Bytes: 12},
		{Kind: event.Dropped, Link: link, Bytes: 12},
		{Kind: event.Failed, Process: "client2", Life: 1, Text: "client2 did not show it"},
	} {
		at = at.Add(time.Second)
		if e.Kind == event.Dropped {
			at = at.Add(-time.Second)
		}
		e.Time = at
		all = append(all, e)
	}
	return all
}

func TestAPageSaysWhy(t *testing.T) {
	page := written(t, Case{
		Title: "TestPhase1", Record: record(), Whole: "bin/peerlab diagram -all events.jsonl",
		Points: []diagram.Point{{Process: "client2", Life: 1, Text: "Client 1: hello", Missing: true}},
		Failure: &grade.Failure{
			Summary: `client2 did not show line "Client 1: hello" within 20s`, Details: []string{"a detail"}, Again: "make e2e-native RUN=TestPhase1",
			Steps: []grade.Step{{Seconds: 1.5, Text: "client2 shows it"}, {Seconds: 9, Text: "it did not", Failed: true}},
		},
	})
	text := checkPage(t, page)
	for _, want := range []string{
		`client2 did not show line "Client 1: hello" within 20s`, "may have caused", "✗ missing: Client 1: hello", "MSG 1 hello", "fault: drop, client1 → client2",
		"it did not arrive", "Client 1: initiated.", "make e2e-native RUN=TestPhase1", "bin/peerlab diagram -all events.jsonl", "a detail", "✗9.000 sit did not",
	} {
		assert.Contains(t, text, want)
	}
	for _, class := range []string{`class="missing offence"`, `class="arrow lost"`, `class="band"`, `id="e6" class="typed"`} {
		assert.Contains(t, string(page), class)
	}
}

func TestWithoutAPointAPageIsAboutTheFailure(t *testing.T) {
	text := checkPage(t, written(t, Case{Title: "T", Record: record(), Failure: &grade.Failure{Summary: "it failed"}}))
	assert.Contains(t, text, "✗ client2 did not show it")
	checkPage(t, written(t, Case{Title: "T", Failure: &grade.Failure{Summary: "the record is lost"}}))
}

// Every text is as long and as hostile as it can be, and there is as much of all.
func TestAPageIsSafeAndBounded(t *testing.T) {
	text := strings.Repeat("\u202e", event.MaxText/3-len(nasty)) + nasty
	var events []event.Event
	for i := range 6_000 {
		process := fmt.Sprintf("client%d%s", i%40, nasty)
		link := &event.Link{From: process, To: fmt.Sprintf("client%d%s", (i+1)%40, nasty), Connection: i % 7, Offset: uint64(i)}
		kind := event.Kinds[i%len(event.Kinds)]
		e := event.Event{Time: time.Unix(0, int64(i)*1e6), Kind: kind, Text: text}
		switch kind {
		case event.Sent, event.Received, event.Dropped, event.Held, event.Connected, event.Closed, event.Reset, event.Healed:
			e.Link, e.Bytes = link, len(text)
		default:
			e.Process, e.Life = process, 1
		}
		events = append(events, e)
	}
	f := &grade.Failure{Summary: text, Again: text}
	var points []diagram.Point
	for i := range 1000 {
		f.Details = append(f.Details, text)
		f.Steps = append(f.Steps, grade.Step{Text: text})
		points = append(points, diagram.Point{Process: fmt.Sprintf("client%d%s", i%40, nasty), Life: 1, Text: text, Nth: i / 40, Missing: i%2 == 0})
	}
	checkPage(t, written(t, Case{Title: text, Failure: f, Record: events, Points: points, Whole: text}))
}

func FuzzPage(f *testing.F) {
	f.Add(nasty, "x")
	f.Fuzz(func(t *testing.T, name, text string) {
		all := record()
		for i := range all {
			all[i].Text = text
		}
		all = append(all, event.Event{Kind: event.Shown, Process: name, Text: text, Time: all[0].Time})
		checkPage(t, written(t, Case{
			Title: name, Record: all, Points: []diagram.Point{{Process: name, Text: text}},
			Failure: &grade.Failure{Summary: text, Details: []string{text}, Again: text, Steps: []grade.Step{{Text: text}}},
		}))
	})
}
