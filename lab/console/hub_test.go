package console

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// all returns what a viewer is sent until it lacks nothing, by terminal.
func all(h *hub, v *viewer) map[string]string {
	got := make(map[string]string)
	for {
		state, outputs, changed := h.next(v)
		for _, o := range outputs {
			got[o.terminal] += string(o.text)
		}
		if state != nil {
			got["state"] = string(state)
		}
		if changed != nil {
			return got
		}
	}
}

func TestEachViewerIsSentEverythingOnce(t *testing.T) {
	h := newHub()
	h.write("client1", []byte("one\n"))
	require.NoError(t, h.show(State{Title: "chat"}))
	first, second := &viewer{}, &viewer{}
	got := all(h, first)
	assert.Equal(t, "one\n", got["client1"])
	assert.Contains(t, got["state"], `"title":"chat"`)
	assert.Empty(t, all(h, first), "what was sent already")

	h.write("client1", []byte("two\n"))
	h.write("client2", []byte("three\n"))
	require.NoError(t, h.show(State{Title: "chat"}))
	assert.Equal(t, map[string]string{"client1": "two\n", "client2": "three\n"}, all(h, first), "an equal state is not sent again")
	got = all(h, second)
	assert.Equal(t, "one\ntwo\n", got["client1"], "a page that is opened later")
	assert.Equal(t, "three\n", got["client2"])
}

func TestAViewerIsWokenByAnOutput(t *testing.T) {
	h := newHub()
	_, _, changed := h.next(&viewer{})
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
	_, outputs, _ := h.next(&viewer{})
	require.Len(t, outputs, 2)
	assert.Len(t, outputs[0].text, maxChunk)
	assert.Equal(t, "hello", string(outputs[1].text))
}

func TestASlowViewerLosesTheOldestAndSeesThat(t *testing.T) {
	h := newHub()
	h.write("loud", []byte("first line\n"))
	v := &viewer{}
	all(h, v)
	line := strings.Repeat("y", 999) + "\n"
	for range 10 * maxScreen / len(line) {
		h.write("loud", []byte(line))
	}
	assert.LessOrEqual(t, len(h.terminals[0].text), 2*maxScreen, "what is kept is bounded")
	got := all(h, v)["loud"]
	require.True(t, strings.HasPrefix(got, leftOut))
	kept := strings.TrimPrefix(got, leftOut)
	assert.GreaterOrEqual(t, len(kept), maxChunk-2*len(line), "it goes on with the newest")
	assert.Zero(t, len(kept)%len(line), "only whole lines are kept")
	assert.NotContains(t, all(h, &viewer{})["loud"], "left out", "a page that is opened later has missed nothing")
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
