package lab

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	bench "peerlab/lab"
	"peerlab/lab/event"
)

func TestMessagesThatAreGluedOrSplitAreFound(t *testing.T) {
	near := func(want string, lines ...string) string {
		v := bench.View{Next: len(lines)}
		for _, line := range lines {
			v.Lines = append(v.Lines, Line{Text: line})
		}
		return nearLine(want, v, 0)
	}
	const want = "Client 1: hello"
	assert.Contains(t, near(want, "Client 1: helloClient 2: hello"), "two messages on one line")
	assert.Contains(t, near(want, "Client 2: helloClient 1: hello"), "two messages on one line")
	assert.Contains(t, near(want, "You: Client 1: hello"), "nothing else may be on the line", "a prompt is no message")
	assert.Contains(t, near(want, "Client 1: h", "Client 2: h", "ello", "ello"), `two lines, "Client 1: h" and "ello"`)
	assert.Empty(t, near(want, "ello", "Client 1: h"), "in the wrong order")
	assert.Contains(t, nearLine(want, bench.View{Partial: want + "Client 2: hello"}, 0), "without a line end")
}

func TestWhereALineWasTyped(t *testing.T) {
	events := []event.Event{
		{Kind: event.Typed, Process: "client1", Text: "hello"},
		{Kind: event.Typed, Process: "client2", Text: "o"},
		{Kind: event.Shown, Process: "client3", Text: "Client 1: hello"},
		{Kind: event.Typed, Process: "server", Text: "hello"},
	}
	text, by := typedAs(events, "Client 1: hello")
	assert.Equal(t, "hello", text)
	assert.Equal(t, []string{"client1", "server"}, by)
	text, by = typedAs(events, "Client 1: bye")
	assert.Empty(t, text)
	assert.Empty(t, by)
}

func TestTheLineThatNamesAnError(t *testing.T) {
	for line, is := range map[string]bool{
		"OSError: [Errno 98] Address already in use":                                 true,
		"java.net.BindException: Address already in use":                             true,
		"Exception in thread \"main\" java.net.ConnectException: Connection refused": true,
		"panic: listen tcp 127.0.0.1:4000: bind: address already in use":             true,
		"listening at: 4000":                     false,
		"  File \"server.py\", line 84, in main": false,
	} {
		assert.Equal(t, is, namesError(line), line)
	}
}

func TestTheShareOfAProcessor(t *testing.T) {
	before := demand{"main": time.Second, "reader": 2 * time.Second}
	now := demand{"main": time.Second, "reader": 2*time.Second + 80*time.Millisecond, "new": time.Hour}
	assert.InDelta(t, 0.8, now.share(before, 100*time.Millisecond), 0.001)
	assert.Zero(t, demand{}.share(before, time.Second))
}
