package diagram

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
)

var update = flag.Bool("update", false, "write the golden files")

func TestGoldenPictures(t *testing.T) {
	r := New(record(t, fates))
	terminated := Point{Process: "client1", Text: "Server: terminated."}
	for name, picture := range map[string][]byte{
		"all.svg":   r.Draw(r.All(), Options{}),
		"time.svg":  r.Draw(r.All(), Options{RealTime: true}),
		"slice.svg": r.Draw(r.Around([]Point{terminated, {Process: "client1", Text: "Client 2: held up"}}, MostEvents), Options{}),
		"missing.svg": r.Draw(r.Around([]Point{{Process: "client1", Life: 1, Text: "Server: my last", Missing: true}}, MostEvents), Options{
			Inside: true,
		}),
	} {
		checkSVG(t, picture)
		path := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(path, picture, 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(picture), "%s; if that is right, run: go test ./lab/diagram -run Golden -update, and look at it", path)
	}
}

// checkSVG asserts that a picture is XML, has known elements only, runs and loads nothing,
// has each id once, and has no text that steers what shows it.
func checkSVG(t testing.TB, picture []byte) {
	t.Helper()
	ids := map[string]bool{}
	for in := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		switch x := token.(type) {
		case xml.CharData:
			require.Equal(t, -1, strings.IndexFunc(string(x), func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }), "%q", x)
		case xml.StartElement:
			require.Contains(t, " svg style defs pattern path rect g title text ", " "+x.Name.Local+" ")
			for _, a := range x.Attr {
				require.Contains(t, " xmlns class role aria-label width height viewBox id patternUnits d x y rx ", " "+a.Name.Local+" ")
				if a.Name.Local == "id" {
					require.False(t, ids[a.Value], "a second %s", a.Value)
					ids[a.Value] = true
				}
			}
		case xml.Comment, xml.ProcInst, xml.Directive:
			t.Fatalf("%T", x)
		}
	}
}

const nasty = "\x1b]0;x\a\u202egnp</title></text><script>alert(1)</script><![CDATA[&\"'\xff\x00\n\u2028🙂日本"

func FuzzHostileTextOnlyShows(f *testing.F) {
	f.Add(nasty, nasty)
	f.Fuzz(func(t *testing.T, name, text string) {
		link := &event.Link{From: name, To: text, Connection: 1}
		var events []event.Event
		for _, kind := range []event.Kind{
			event.Started, event.Typed, event.Shown, event.Logged, event.Fault, event.Exited, event.Met, event.Failed, event.Kind(text),
		} {
			events = append(events, event.Event{Kind: kind, Process: name, Life: 1, Text: text})
		}
		for _, kind := range []event.Kind{event.Fault, event.Connected, event.Sent, event.Dropped, event.Received, event.Held, event.Reset, event.Healed} {
			events = append(events, event.Event{Kind: kind, Link: link, Text: text, Bytes: len(text)})
		}
		r := New(events)
		for _, s := range []Slice{r.All(), r.Around([]Point{{Process: name, Text: text}, {Process: name, Text: text, Missing: true}}, MostEvents)} {
			checkSVG(t, r.Draw(s, Options{}))
			checkSVG(t, r.Draw(s, Options{Inside: true, Press: true}))
			r.Screens(s)
		}
	})
}

// A record that was made by others is drawn, whatever it lacks.
func FuzzAnyRecordIsDrawn(f *testing.F) {
	for _, text := range []string{
		`{"kind":"typed","text":"x"}{"kind":"shown","process":"a","text":"x"}`,
		`{"kind":"sent","link":{"from":"","to":"a"},"text":"x","bytes":2}{"kind":"received","link":{"from":"a","to":""},"text":"x","bytes":2}`,
		`{"kind":"connected","process":"a"}{"kind":"closed","process":"a"}{"kind":"reset"}{"kind":"connected","link":{"from":"","to":"a"}}`,
		`{"kind":"fault","process":"b","link":{"from":"c","to":"a"},"text":"pause"}{"kind":"healed","link":{"from":"c","to":"a"}}{"kind":"fault"}`,
		`{"kind":"started","process":"a"}{"kind":"fault","link":{"from":"","to":"a"},"text":"drop"}{"kind":"healed","link":{"from":"","to":"a"}}`,
		`{"kind":"sent","process":"b","link":{"from":"c","to":"a"},"bytes":-5}{"kind":"received","link":{"from":"c","to":"a"},"bytes":-5}`,
		`{"kind":"new","link":{"from":"","to":"a"}}{"kind":"failed"}{"kind":"started","life":-1}{"kind":"met","link":{"from":"","to":""}}`,
		`{"time":"2026-11-29T00:00:00Z","kind":"shown","process":"a"}{"time":"2060-11-29T00:00:00Z","kind":"met"}{"time":"2026-11-29T00:00:00Z","kind":"met"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		events, _ := event.Read(bytes.NewReader(text)) // those before the first that is none
		r := New(events)
		parts := []Slice{r.All(), r.Around([]Point{{Process: "a", Text: "x", Missing: true}, {Process: "a", Text: "x"}}, MostEvents)}
		for i := range events {
			p, _ := r.Number(i + 1)
			parts = append(parts, r.Around([]Point{p}, MostEvents))
		}
		for _, s := range parts {
			checkSVG(t, r.Draw(s, Options{}))
			require.LessOrEqual(t, r.arrange(s, Options{RealTime: true}).height, mostHeight+2.0*headHeight+float64(rowHeight*(2+len(s.missing))))
			checkSVG(t, r.Draw(s, Options{RealTime: true}))
			r.Screens(s)
			r.Text(s)
		}
	})
}

// Each message goes down, each process's events are below each other, and no two marks
// are at one place but those of one message to several.
func TestTheLayoutKeepsTheOrder(t *testing.T) {
	for name, events := range map[string][]event.Event{"fates": record(t, fates), "busy": busy(t, 200, "line-7")} {
		r := New(events)
		for _, o := range []Options{{}, {RealTime: true}} {
			l := r.arrange(r.All(), o)
			seen := map[[2]int]int{}
			for _, i := range l.chosen {
				n := &r.nodes[i]
				if n.cause != none {
					assert.Less(t, l.row[n.cause], l.row[i], "%s: event %d", name, n.number)
					assert.LessOrEqual(t, l.y(n.cause), l.y(i))
				}
				if p := n.before[0]; p != none && r.nodes[p].at == n.at {
					assert.True(t, l.row[p] < l.row[i] || n.Kind == event.Sent && r.nodes[p].Text == n.Text, "%s: event %d", name, n.number)
				}
				place := [2]int{l.row[i], n.at}
				if j, taken := seen[place]; taken {
					assert.Equal(t, r.nodes[j].Text, n.Text, "%s: events %d and %d", name, r.nodes[j].number, n.number)
				}
				seen[place] = i
			}
		}
	}
}

func TestOneMessageToManyHasOneRow(t *testing.T) {
	r := New(record(t, `
1 a>b#1@0 sent hello
1 a>b#1@0 received hello
1 a>c#2@0 sent hello
1 a>c#2@0 received hello
1 a>d#3@0 sent other`))
	l := r.arrange(r.All(), Options{})
	assert.Equal(t, l.row[1], l.row[3])
	assert.Equal(t, l.row[2], l.row[4])
	assert.Less(t, l.row[1], l.row[5])
}

// mostBytes is for an event of a whole record, in a picture.
const mostBytes = 420

func TestAPictureOfManyEventsIsSmall(t *testing.T) {
	events := busy(t, 1150, "")
	require.Greater(t, len(events), 10_000)
	r := New(events)
	picture := r.Draw(r.All(), Options{})
	assert.Less(t, len(picture), mostBytes*len(events))
}

func BenchmarkDrawAll(b *testing.B) {
	events := busy(b, 1150, "")
	for b.Loop() {
		r := New(events)
		b.SetBytes(int64(len(r.Draw(r.All(), Options{}))))
	}
	b.ReportMetric(float64(len(events)), "events")
}

func BenchmarkDrawSlice(b *testing.B) {
	events := busy(b, 1150, "")
	for b.Loop() {
		r := New(events)
		r.Draw(r.Around([]Point{{Process: "client3", Text: "Client 1: line-900"}}, MostEvents), Options{})
	}
}
