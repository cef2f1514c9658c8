package console

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// all returns what a viewer is sent until it lacks nothing, by terminal.
func all(h *hub, v *viewer) map[string]string {
	got := make(map[string]string)
	for {
		u := h.next(v)
		for _, o := range u.outputs {
			got[o.terminal] += string(o.text)
		}
		if u.state != nil {
			got["state"] = string(u.state)
		}
		if u.events > 0 {
			got["events"] = strconv.Itoa(u.events)
		}
		if u.changed != nil {
			return got
		}
	}
}

func TestEachViewerIsSentEverythingOnce(t *testing.T) {
	h := newHub()
	h.write("client1", []byte("one\n"))
	require.NoError(t, h.show(State{Title: "chat"}, 1))
	first, second := &viewer{}, &viewer{}
	got := all(h, first)
	assert.Equal(t, "one\n", got["client1"])
	assert.Contains(t, got["state"], `"title":"chat"`)
	assert.Empty(t, all(h, first), "what was sent already")

	h.write("client1", []byte("two\n"))
	h.write("client2", []byte("three\n"))
	require.NoError(t, h.show(State{Title: "chat"}, 2))
	assert.Equal(t, map[string]string{"client1": "two\n", "client2": "three\n", "events": "2"}, all(h, first), "an equal state is not sent again")
	got = all(h, second)
	assert.Equal(t, "one\ntwo\n", got["client1"], "a page that is opened later")
	assert.Equal(t, "three\n", got["client2"])
}

func TestAViewerIsWokenByAnOutput(t *testing.T) {
	h := newHub()
	changed := h.next(&viewer{}).changed
	require.NotNil(t, changed)
	select {
	case <-changed:
		t.Fatal("nothing has changed")
	default:
	}
	h.write("client1", []byte("x"))
	<-changed
}

func TestTerminalsTakeTurns(t *testing.T) {
	h := newHub()
	h.write("loud", []byte(strings.Repeat("x", 3*maxChunk)))
	h.write("quiet", []byte("hello"))
	outputs := h.next(&viewer{}).outputs
	require.Len(t, outputs, 2)
	assert.Len(t, outputs[0].text, maxChunk)
	assert.Equal(t, "hello", string(outputs[1].text))
}

// A terminal that prints more from one update to the next than the page keeps.
func TestOfAFloodAViewerIsSentTheLastLinesAndSeesThat(t *testing.T) {
	line := strings.Repeat("y", 99) + "\n"
	for name, size := range map[string]int{"more than a page keeps": maxChunk + len(line), "more than is kept here": 10 * maxScreen} {
		t.Run(name, func(t *testing.T) {
			h, v := newHub(), &viewer{}
			h.write("loud", []byte("first line\n"))
			h.write("quiet", []byte("hello\n"))
			all(h, v)
			for range size / len(line) {
				h.write("loud", []byte(line))
			}
			h.write("quiet", []byte("again\n"))
			assert.LessOrEqual(t, len(h.terminals[0].text), 2*maxScreen, "what is kept is bounded")
			u := h.next(v)
			require.Len(t, u.outputs, 2)
			got := string(u.outputs[0].text)
			require.True(t, strings.HasPrefix(got, leftOut))
			kept := strings.TrimPrefix(got, leftOut)
			assert.InDelta(t, maxTail-len(line), len(kept), float64(len(line)), "it goes on with the newest")
			assert.Zero(t, len(kept)%len(line), "only whole lines are kept")
			assert.Equal(t, "again\n", string(u.outputs[1].text), "nothing of others is left out")
			assert.Equal(t, size/len(line)*len(line)+len("again\n"), u.fresh, "what is left out counts")
			h.write("loud", []byte(line))
			assert.Equal(t, map[string]string{"loud": line}, all(h, v))
			assert.NotContains(t, all(h, &viewer{})["loud"], "left out", "a page that is opened later has missed nothing")
		})
	}
}

func TestAViewerIsSentAllThatAPageKeeps(t *testing.T) {
	h, v := newHub(), &viewer{}
	h.write("loud", []byte("first line\n"))
	all(h, v)
	burst := strings.Repeat("z", maxChunk-1) + "\n"
	h.write("loud", []byte(burst))
	assert.Equal(t, map[string]string{"loud": burst}, all(h, v))
}

func TestALineIsShownWhereItWasTyped(t *testing.T) {
	for name, c := range map[string]struct {
		shown, typed, want string
	}{
		"on a line of its own": {"hello\n", "hi", "hello\n\x1b[2m> \x1b[0m\x1b[1mhi\x1b[0m\r\n"},
		"behind a prompt":      {"You: ", "hi", "You: \x1b[1mhi\x1b[0m\r\n"},
		"without controls":     {"", "\x1b[2Jhi\u009b1m", "\x1b[2m> \x1b[0m\x1b[1m\ufffd[2Jhi\ufffd1m\x1b[0m\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub()
			h.write("client1", []byte(c.shown))
			h.typed("client1", c.typed)
			assert.Equal(t, c.want, all(h, &viewer{})["client1"])
		})
	}
}

func TestANoticeBeginsALine(t *testing.T) {
	h := newHub()
	h.write("client1", []byte("half"))
	h.notice("client1", "exited\x1b[2J")
	assert.Equal(t, "half\r\n\x1b[0;2m[exited\ufffd[2J]\x1b[0m\r\n", all(h, &viewer{})["client1"])
}
