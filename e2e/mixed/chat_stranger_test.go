package mixed

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
)

// The client in Python escapes text that could control a terminal, when it sends and when it
// receives it.
func TestChatTextCannotSteerATerminal(t *testing.T) {
	c := startMixedChat(t, 2, 2)
	harmful, harmless := "\x1b[2J\u009b31m\x00\t\x7f\u202e\xff\xe2\x82ok", `\x1b[2J\u009b31m\x00\t\x7f\u202e\xff\xe2\x82ok`
	c.Clients[2].Types(harmful)
	c.Clients[1].Sees("Client 2: " + harmless)
	s := stage.Call(t, c, c.Ports[2].Address())
	s.Send("HELLO peerlab-chat/2 evil 9 127.0.0.1:9 new 1\nREADY 0 0\nMSG evil 1 " + harmful + "\nMSG evil 1 twice\nMSG evil 4 late\nBYE\n")
	assert.Contains(t, s.Rest(), "\nREADY 0 ")
	c.Clients[2].SeesInOrder("Client evil: "+harmless, "* Client evil: 2 lines lost", "Client evil: late", "Client evil: terminated.")
	c.Barrier().Nothing("twice")
}

// A line that is no message of the protocol ends the connection that it came over, with the
// reason, and no other.
func TestChatRefusesWhatIsNoMessage(t *testing.T) {
	c := startMixedChat(t, 2, 2)
	c.AllTalk("all links are up") // else there is no member yet whose name could be taken
	address := c.Ports[2].Address()
	ping := stage.Call(t, c, address)
	ping.Send("PING are-you-well\r\n")
	answer, err := ping.In.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "PONG are-you-well\n", answer)

	// WHO is another one each time: a member that was there before is dialled, and
	// may be told that the two calls have crossed.
	const hello = "HELLO peerlab-chat/2 WHO 9 127.0.0.1:9 new 0\n"
	callers := 0
	calls := func(said string) stage.Caller {
		callers++
		s := stage.Call(t, c, address)
		s.Send(strings.ReplaceAll(said, "WHO", fmt.Sprint("evil", callers)))
		return s
	}
	for said, code := range map[string]string{
		"GET / HTTP/1.1\r\n": "syntax",
		"FROBNICATE\n":       "syntax",
		"HELLO peerlab-chat/2 ../x 1 127.0.0.1:1 new 0\n":             "syntax",
		"HELLO peerlab-chat/2 9 x 127.0.0.1:1 new 0\n":                "syntax",
		"HELLO peerlab-chat/99 9 1 127.0.0.1:1 new 0\n":               "version",
		"HELLO peerlab-chat/2 2 1 127.0.0.1:1 new 0\n":                "taken",
		"HELLO peerlab-chat/2 1 1 127.0.0.1:1 new 0\n":                "taken",
		hello + "MSG WHO 1 too early\n":                               "syntax",
		hello + "READY 0 0\nFROBNICATE all of it\n":                   "syntax",
		hello + "READY 0 0\nMSG 1 1 in another's name\n":              "sender",
		hello + "READY 0 0\nMSG WHO 1 " + strings.Repeat("x", 20_000): "syntax",
		"HELLO " + strings.Repeat("x", 20_000):                        "syntax",
	} {
		s := calls(said)
		lines := strings.Split(strings.TrimSuffix(s.Rest(), "\n"), "\n")
		assert.True(t, strings.HasPrefix(lines[len(lines)-1], "ERR "+code+" "), "after %.60q: %q", said, lines)
	}
	s := calls(hello + "READY 0 0\nMSG WHO 1 cut in the mid")
	require.NoError(t, s.CloseWrite())
	_ = s.Rest()
	c.AllTalk("no other has noticed")
	c.Barrier().Nothing("too early")
	c.Barrier().Nothing("in another's name")
	c.Barrier().Nothing("cut in the mid")
}
