package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What could steer a terminal is escaped by the client in Python on its way out, and
// on its way in from somebody who does not.
func TestForeignChatTextCannotSteerATerminal(t *testing.T) {
	c := startMixedChat(t, 2, 2)
	harmful, harmless := "\x1b[2J\u009b31m\x00\t\x7f\u202e\xff\xe2\x82ok", `\x1b[2J\u009b31m\x00\t\x7f\u202e\xff\xe2\x82ok`
	c.clients[2].Types(harmful)
	c.clients[1].Sees("Client 2: " + harmless)
	s := callIn(t, c, c.seats[2].address())
	s.says(t, "HELLO peerlab-chat/2 evil 9 127.0.0.1:9 new 1\nREADY 0 0\nMSG evil 1 "+harmful+"\nMSG evil 1 twice\nMSG evil 4 late\nBYE\n")
	assert.Contains(t, s.answer(t), "\nREADY 0 ")
	c.clients[2].SeesInOrder("Client evil: "+harmless, "* Client evil: 2 lines lost", "Client evil: late", "Client evil: terminated.")
	c.settled().Nothing("twice")
}

// What is no message of the protocol ends the connection that it came by, with the
// reason, and nobody else's.
func TestForeignChatRefusesWhatIsNoMessage(t *testing.T) {
	c := startMixedChat(t, 2, 2)
	c.everyoneTalks("all links are up") // else nobody is there yet whose name could be taken
	address := c.seats[2].address()
	ping := callIn(t, c, address)
	ping.says(t, "PING are-you-well\r\n")
	answer, err := ping.in.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "PONG are-you-well\n", answer)

	// WHO is another one each time: somebody who was there before is dialled, and
	// may be told that the two calls have crossed.
	const hello = "HELLO peerlab-chat/2 WHO 9 127.0.0.1:9 new 0\n"
	callers := 0
	calls := func(said string) stranger {
		callers++
		s := callIn(t, c, address)
		s.says(t, strings.ReplaceAll(said, "WHO", fmt.Sprint("evil", callers)))
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
		lines := strings.Split(strings.TrimSuffix(s.answer(t), "\n"), "\n")
		assert.True(t, strings.HasPrefix(lines[len(lines)-1], "ERR "+code+" "), "after %.60q: %q", said, lines)
	}
	s := calls(hello + "READY 0 0\nMSG WHO 1 cut in the mid")
	require.NoError(t, s.CloseWrite())
	_ = s.answer(t)
	c.everyoneTalks("nobody else has noticed")
	c.settled().Nothing("too early")
	c.settled().Nothing("in another's name")
	c.settled().Nothing("cut in the mid")
}
