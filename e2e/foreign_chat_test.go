package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
	"peerlab/lab/wire"
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
	w := c.Wire()
	c.startServer()
	c.startClients(ids(4)...)
	c.introduced(ids(4)...)
	c.startClients(5) // the youngest: it dials them all
	c.introduced(5)
	c.settled()
	c.Mark()
	const part, cuts = 200, 3
	lines := numbered(part*cuts, 100)
	for i := range cuts {
		now := lines[i*part : (i+1)*part]
		c.noError(w.Set("", "client5", wire.Fault{Rate: 50_000})) // so that lines are cut
		c.noError(w.Set("client5", "", wire.Fault{Rate: 50_000}))
		typesAll(c.clients[5], now)
		typesAll(c.clients[1], now)
		c.clients[5].Sees("Client 1: " + now[0]) // the others are on their way
		for _, id := range ids(4) {
			one, other := "client5", fmt.Sprintf("client%d", id)
			if i%2 == 0 {
				one, other = other, one
			}
			c.resets(one, other)
		}
		c.noError(w.Heal())
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
	// The others knew where it would be. It says that it is in when it has met one.
	c.clients[4].Sees(c.lines(ids(5), "initiated.")...)
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
	const words = "Client 2: famous last words"
	for how, leave := range map[string]func(c *chat){
		"quit": func(c *chat) { c.clients[2].Types("/quit") },
		"SIGTERM": func(c *chat) {
			c.clients[1].Sees(words) // a signal overtakes what is typed
			c.clients[2].Signal(sigterm)
		},
	} {
		t.Run(how, func(t *testing.T) {
			c := startMixedChat(t, 3, 2)
			c.settled()
			c.clients[2].Types("famous last words")
			leave(c)
			c.clients[2].Exits(0)
			assert.Empty(t, c.clients[2].Stderr().Lines())
			for _, p := range c.up() {
				p.SeesOnce(words, "Client 2: terminated.")
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
		assert.Len(t, complaint(second), 1, "one line says what and what to do")
	}
	c.everyoneTalks("one is still one, two is still two")
	c.settled().Nothing("initiated.")
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
