package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// newMixedChat prepares a chat in which these clients, and whoever plays the role
// "python", are the program in Python.
func newMixedChat(t *testing.T, ids ...int) *chat {
	t.Helper()
	program := foreign(t, "chat_client.py")
	opts := []lab.Option{lab.Playing("python", program)}
	for _, id := range ids {
		opts = append(opts, lab.Playing(fmt.Sprintf("client%d", id), program))
	}
	return newChat(t, opts...)
}

// startMixedChat starts a server and n clients, some of them in Python, and waits
// until all are introduced to all. Their screens begin after that.
func startMixedChat(t *testing.T, n int, foreigners ...int) *chat {
	t.Helper()
	c := newMixedChat(t, foreigners...)
	c.startServer()
	c.startClients(ids(n)...)
	c.introduced(ids(n)...)
	c.Mark()
	return c
}

// Both phases of the assignment with four clients of ours and one in Python.
func TestForeignChatBothPhases(t *testing.T) {
	c := newMixedChat(t, 3)
	c.startServer()
	c.startClients(ids(5)...)
	c.introduced(ids(5)...)
	c.settled().Exactly(c.lines(ids(5), "initiated.")...)
	c.Mark()
	c.everyoneTalks("hello, everybody")
	c.everyoneTalks("the same again, in the same words")
	c.everyoneTalks("grüße, 世界 🐍")

	c.Mark()
	c.serverExits()
	c.everyoneTalks("who needs a server")
	c.settled().Once("Server: terminated.")

	c.Mark()
	c.server.Start()
	c.everyoneReconnects(5)
	c.everyoneTalks("with a server again")
}

func TestForeignChatTheServerIsKilledAgainAndAgain(t *testing.T) {
	c := startMixedChat(t, 5, 5)
	for range 3 {
		c.Mark()
		c.server.Kill()
		c.everyoneTalks("it just died")
		c.settled().Nothing("Server: terminated.")
		c.Mark()
		c.server.Start()
		c.everyoneReconnects(5)
		c.everyoneTalks("it is back")
	}
}

// What was typed while the server was away shows on it once, and on nobody else's
// screen twice.
func TestForeignChatTypesWithoutTheServer(t *testing.T) {
	c := startMixedChat(t, 3, 2)
	c.server.Kill()
	lines := numbered(50, 0)
	typesAll(c.clients[2], lines)
	c.seesAllOf(c.clients[1], lines[len(lines)-1], c.clients[2])
	c.server.Start()
	c.server.Sees(c.lines(ids(3), "reconnected")...)
	f := c.settled()
	f.On(c.clients[1], c.clients[3]).Sequence("Client 2: ", lines)
	f.On(c.clients[2]).Once("Server: initiated")
}

// The younger of two dials: who comes last dials everybody, who was there first is
// dialled by everybody. The two in Python have to find each other, too.
func TestForeignChatLinksWhoeverDials(t *testing.T) {
	for name, order := range map[string][]int{"first": {5, 4, 1, 2, 3}, "last": {1, 2, 3, 4, 5}, "between": {1, 5, 2, 4, 3}} {
		t.Run(name, func(t *testing.T) {
			c := newMixedChat(t, 4, 5)
			c.startServer()
			for i, id := range order {
				c.startClients(id)
				c.introduced(order[:i+1]...)
			}
			c.settled().Exactly(c.lines(ids(5), "initiated.")...)
			c.everyoneTalks("whoever dialled")
			c.server.Kill()
			c.everyoneTalks("whoever dialled, without a server")
		})
	}
}

// Each link of the client in Python to ours breaks, again and again, while both
// sides type.
func TestForeignChatLinksThatBreakLoseNothing(t *testing.T) {
	c := newMixedChat(t, 5)
	proxies := map[int]*lab.Proxy{}
	for _, id := range ids(4) {
		c.clientArgs(id) // takes its seat
		proxies[id] = c.NewProxy(c.seats[id].address())
		c.flags[id] = []string{"-advertise", proxies[id].Address}
	}
	c.startServer()
	c.startClients(ids(4)...)
	c.introduced(ids(4)...)
	c.startClients(5) // the youngest: it dials them all
	c.introduced(5)
	c.settled()
	c.Mark()
	const part = 200
	cuts := []lab.Cut{lab.RST, lab.FIN, lab.RST}
	lines := numbered(part*len(cuts), 100)
	for i, how := range cuts {
		now := lines[i*part : (i+1)*part]
		typesAll(c.clients[5], now)
		typesAll(c.clients[1], now)
		c.clients[5].Sees("Client 1: " + now[0]) // the others are on their way
		for _, p := range proxies {
			p.Break(how, by(5))
			p.Heal()
		}
	}
	for _, id := range ids(4) {
		c.seesAllOf(c.clients[id], lines[len(lines)-1], c.clients[5])
	}
	c.seesAllOf(c.clients[5], lines[len(lines)-1], c.clients[1])
	f := c.settled()
	f.Except(c.clients[5]).Sequence("Client 5: ", lines)
	f.Except(c.clients[1]).Sequence("Client 1: ", lines)
	f.Nothing("initiated")
}

// A process that was killed comes back under a new incarnation, on the ports that
// it had: with a server, and without one.
func TestForeignChatClientIsKilledAndStarted(t *testing.T) {
	c := startMixedChat(t, 5, 4)
	c.clients[4].Types("famous last words")
	c.settled()
	for range 2 {
		c.Mark()
		c.clients[4].Restart()
		c.introduced(4)
		c.clients[4].Sees(c.lines(ids(5), "initiated.")...)
		c.everyoneTalks("four died and is here")
		f := c.settled()
		f.Once("Client 4: initiated.")
		f.Except(c.clients[4]).Nothing("Client 4: famous last words")
	}
	c.server.Kill()
	c.clients[4].Kill()
	c.clients[4].Start()
	c.clients[4].Sees("Client 4: initiated.") // the others knew where it would be
	c.everyoneTalks("no server, and four is new")
	c.Mark()
	c.server.Start()
	c.everyoneReconnects(5)
	c.everyoneTalks("all of us")
}

func TestForeignChatOursComeAndGo(t *testing.T) {
	c := startMixedChat(t, 3, 2)
	c.clients[1].Restart()
	c.introduced(1)
	c.clients[2].Sees("Client 1: initiated.")
	c.everyoneTalks("one is new")
	c.clients[3].Types("/quit")
	c.clients[3].Exits(0)
	c.clients[2].SeesOnce("Client 3: terminated.")

	c.flags[4] = []string{"-peer", c.seats[2].address()} // the client in Python lets it in
	c.server.Kill()
	c.startClients(4)
	c.introduced(4)
	c.everyoneTalks("four came by two")
}

func TestForeignChatClientLeaves(t *testing.T) {
	for how, leave := range map[string]func(p *lab.Process){
		"quit": func(p *lab.Process) { p.Types("/quit") }, "SIGTERM": func(p *lab.Process) { p.Signal(sigterm) },
	} {
		t.Run(how, func(t *testing.T) {
			c := startMixedChat(t, 3, 2)
			c.settled()
			c.clients[2].Types("famous last words")
			leave(c.clients[2])
			c.clients[2].Exits(0)
			assert.Empty(t, c.clients[2].Stderr().Lines())
			for _, p := range c.up() {
				p.SeesOnce("Client 2: famous last words", "Client 2: terminated.")
			}
			c.everyoneTalks("two has left")
		})
	}
}

func TestForeignChatSecondClientUnderALiveIDIsRefused(t *testing.T) {
	c := startMixedChat(t, 3, 2)
	for role, id := range map[string]string{"client": "2", "python": "1"} {
		second := c.Start(lab.Spec{Name: "second" + id, Role: role, Args: []string{"-server", c.at, id, c.Port(), c.Port()}})
		second.Exits(1)
		assert.Len(t, second.Stderr().Lines(), 1, "one line says what and what to do")
	}
	c.everyoneTalks("one is still one, two is still two")
	c.settled().Nothing("initiated.")
}

// What could steer a terminal is escaped by the client in Python on its way out, and
// on its way in from somebody who does not.
func TestForeignChatTextCannotSteerATerminal(t *testing.T) {
	c := startMixedChat(t, 2, 2)
	harmful, harmless := "\x1b[2J\u009b31m\x00\t\x7f\u202e\xff\xe2\x82ok", `\x1b[2J\u009b31m\x00\t\x7f\u202e\xff\xe2\x82ok`
	c.clients[2].Types(harmful)
	c.clients[1].Sees("Client 2: " + harmless)
	s := callIn(t, c.seats[2].address())
	s.says(t, "HELLO peerlab-chat/1 evil 9 127.0.0.1:9 new 1\nREADY 0 0\nMSG evil 1 "+harmful+"\nMSG evil 1 twice\nMSG evil 4 late\nBYE\n")
	assert.Contains(t, s.answer(t), "\nREADY 0 ")
	c.clients[2].SeesInOrder("Client evil: "+harmless, "Client evil: (2 lines lost)", "Client evil: late", "Client evil: terminated.")
	c.settled().Nothing("twice")
}

// What is no message of the protocol ends the connection that it came by, with the
// reason, and nobody else's.
func TestForeignChatRefusesWhatIsNoMessage(t *testing.T) {
	c := startMixedChat(t, 2, 2)
	c.everyoneTalks("all links are up") // else nobody is there yet whose name could be taken
	address := c.seats[2].address()
	ping := callIn(t, address)
	ping.says(t, "PING are-you-well\r\n")
	answer, err := ping.in.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "PONG are-you-well\n", answer)

	const hello = "HELLO peerlab-chat/1 evil 9 127.0.0.1:9 new 0\n"
	for said, code := range map[string]string{
		"GET / HTTP/1.1\r\n": "syntax",
		"FROBNICATE\n":       "syntax",
		"HELLO peerlab-chat/1 ../x 1 127.0.0.1:1 new 0\n":              "syntax",
		"HELLO peerlab-chat/1 9 x 127.0.0.1:1 new 0\n":                 "syntax",
		"HELLO peerlab-chat/99 9 1 127.0.0.1:1 new 0\n":                "version",
		"HELLO peerlab-chat/1 2 1 127.0.0.1:1 new 0\n":                 "taken",
		"HELLO peerlab-chat/1 1 1 127.0.0.1:1 new 0\n":                 "taken",
		hello + "MSG evil 1 too early\n":                               "syntax",
		hello + "READY 0 0\nFROBNICATE all of it\n":                    "syntax",
		hello + "READY 0 0\nMSG 1 1 in another's name\n":               "sender",
		hello + "READY 0 0\nMSG evil 1 " + strings.Repeat("x", 20_000): "syntax",
		"HELLO " + strings.Repeat("x", 20_000):                         "syntax",
	} {
		s := callIn(t, address)
		s.says(t, said)
		lines := strings.Split(strings.TrimSuffix(s.answer(t), "\n"), "\n")
		assert.True(t, strings.HasPrefix(lines[len(lines)-1], "ERR "+code+" "), "after %.60q: %q", said, lines)
	}
	s := callIn(t, address)
	s.says(t, hello+"READY 0 0\nMSG evil 1 cut in the mid")
	require.NoError(t, s.CloseWrite())
	_ = s.answer(t)
	c.everyoneTalks("nobody else has noticed")
	c.settled().Nothing("too early")
	c.settled().Nothing("in another's name")
	c.settled().Nothing("cut in the mid")
}

func TestForeignChatUsage(t *testing.T) {
	c := newMixedChat(t)
	c.startServer()
	port2 := c.Port()
	for i, args := range [][]string{
		{}, {"1"}, {"1", "5001"}, {"../x", "0", port2}, {"Server", "0", port2}, {"-1", "0", port2}, {"1", "x", port2}, {"1", "0", port2, "7"},
	} {
		p := c.Start(lab.Spec{Name: fmt.Sprintf("wrong%d", i), Role: "python", Args: args})
		p.Exits(2)
		p.Stderr().Contains("chat_client.py [-server HOST:PORT] ID PORT1 PORT2")
		assert.Empty(t, p.Lines(), "the screen is not for that")
	}
	taken := c.Start(lab.Spec{Name: "taken", Role: "python", Args: []string{"-server", c.at, "1", "0", port(c.at)}})
	taken.Exits(1)
	taken.Stderr().Contains("port " + port(c.at))
	early := c.Start(lab.Spec{Name: "early", Role: "python", Args: []string{"-server", c.Address(), "1", "0", port2}})
	early.Stderr().Contains("nobody at 127.0.0.1:")
}
