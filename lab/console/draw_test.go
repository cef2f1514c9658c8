package console

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
)

// recorded returns a page that is not served, with a record, an event a line.
func recorded(t *testing.T, events ...event.Event) *Console {
	t.Helper()
	c := New(Config{Title: "test", Log: t.Output()})
	c.Show(&stage{console: c})
	record := event.NewRecorder(c.Record()) // its first event is number 1
	for i, e := range events {
		e.Time = time.Unix(1, 0).Add(time.Duration(i) * time.Second)
		if e.Kind == event.Dropped || e.Kind == event.Received {
			e.Time = e.Time.Add(-time.Second)
		}
		record.Add(e)
	}
	require.NoError(t, record.Close())
	return c
}

func link(to string) *event.Link { return &event.Link{From: "client1", To: to, Connection: len(to)} }

func TestADiagramOfWhatLedToAnEvent(t *testing.T) {
	events := []event.Event{
		{Kind: event.Typed, Process: "client1", Life: 1, Text: "hello"},
		{Kind: event.Sent, Link: link("client2"), Text: "MSG hello", Bytes: 10},
		{Kind: event.Received, Link: link("client2"), Text: "MSG hello", Bytes: 10},
		{Kind: event.Sent, Link: link("client three"), Text: "MSG hello", Bytes: 10},
		{Kind: event.Dropped, Link: link("client three"), Bytes: 10},
		{Kind: event.Shown, Process: "client2", Life: 1, Text: "Client 1: hello"},
	}
	for range 2 * window {
		events = append(events, event.Event{Kind: event.Shown, Process: "client1", Life: 1, Text: "later"})
	}
	c := recorded(t, events...)
	draw := func(number int) string {
		t.Helper()
		svg, err := c.draw(filter{}, 0, number)
		require.NoError(t, err)
		return string(svg)
	}
	for name, want := range map[string]struct {
		number int
		has    []string
		lost   int
	}{
		"a line that was typed":    {2, []string{`<g id="e2" class="typed chosen">`}, 0},
		"one that arrived":         {3, []string{`<g id="e3" class="sent chosen">`, `<g id="w3"><title>event 3,`, `<g id="e4" class="received">`}, 0},
		"one that a fault dropped": {5, []string{`<g id="e5" class="sent chosen">`, `<g id="w5"><title>event 5,`, "it did not arrive"}, 1},
		"one that was shown":       {7, []string{`<g id="e7" class="shown chosen">`, `id="e2"`, `id="e3"`, `id="e4"`}, 1},
		"the last of the record":   {len(events) + 1, []string{fmt.Sprintf(`<g id="e%d" class="shown chosen">`, len(events)+1)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			svg := draw(want.number)
			for _, part := range want.has {
				assert.Contains(t, svg, part)
			}
			assert.Equal(t, want.lost, strings.Count(svg, `<path class="arrow lost"`))
			assert.NotContains(t, svg, "✗ ", "it is not said to be wrong")
		})
	}
	_, err := c.draw(filter{}, 0, len(events)+2)
	assert.ErrorContains(t, err, "no longer kept")
	assert.NotContains(t, draw(0), "hello", "the live diagram has the last events")
}

// A line that was dropped and sent again is not drawn as one that simply arrived, although
// no text says which packet was dropped.
func TestALineThatWasDroppedIsSeen(t *testing.T) {
	events := []event.Event{
		{Kind: event.Typed, Process: "client1", Life: 1, Text: "hello"},
		{Kind: event.Sent, Link: link("client2"), Text: "MSG hello", Bytes: 10},
		{Kind: event.Dropped, Link: link("client2"), Bytes: 10},
	}
	draw := func(events ...event.Event) string {
		t.Helper()
		svg, err := recorded(t, events...).draw(filter{}, 0, 0)
		require.NoError(t, err)
		return string(svg)
	}
	assert.Contains(t, draw(events...), `<path class="arrow lost"`)
	svg := draw(append(events, event.Event{Kind: event.Received, Link: link("client2"), Text: "MSG hello", Bytes: 10})...)
	assert.Contains(t, svg, `<path class="arrow again"`)
	assert.NotContains(t, svg, `<path class="arrow lost"`)
	assert.NotContains(t, svg, `class="dropped"`, "its arrow says so")
}
