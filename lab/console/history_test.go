package console

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/lab/event"
)

func TestWhichEventsADiagramHas(t *testing.T) {
	link := func(from, to string, offset uint64) *event.Link {
		return &event.Link{From: from, To: to, Connection: 1, Offset: offset}
	}
	events := []event.Event{
		{Kind: event.Started, Process: "client1"},
		{Kind: event.Sent, Link: link("client1", "server", 0), Text: "HELLO"},
		{Kind: event.Sent, Link: link("client1", "server", 9), Text: ""},
		{Kind: event.Typed, Process: "client1", Text: "hi"},
		{Kind: event.Sent, Link: link("client1", "client2", 9), Text: "MSG 1 hi"},
		{Kind: event.Shown, Process: "client2", Text: "Client 1: hi"},
		{Kind: event.Fault, Link: link("client2", "server", 0), Text: "drop"},
	}
	for name, c := range map[string]struct {
		filter
		want []int
	}{
		"what was typed, and first messages": {filter{}, []int{0, 1, 3, 4, 5, 6}},
		"all messages":                       {filter{all: true}, []int{0, 1, 2, 3, 4, 5, 6}},
		"of one process":                     {filter{processes: []string{"client2"}}, []int{4, 5, 6}},
		"with a text":                        {filter{text: "hi"}, []int{3, 4, 5}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, c.choose(events)) })
	}
}

func TestTheHistoryIsBounded(t *testing.T) {
	h := &history{}
	const n = 3 * maxHistory
	for i := range n {
		h.add(fmt.Appendf(nil, `{"kind":"shown","bytes":%d}`, i))
	}
	assert.Equal(t, n, h.count())
	assert.LessOrEqual(t, len(h.lines), 2*maxHistory)
	events, first := h.last(10, 0)
	assert.Equal(t, n-10, first)
	assert.Equal(t, n-1, events[9].Bytes)
	events, first = h.last(10, n-100)
	assert.Equal(t, n-110, first)
	assert.Equal(t, n-101, events[9].Bytes)
	events, _ = h.last(10, 5)
	assert.Empty(t, events, "they are no longer kept")
}
