package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAClientThatQuitsIsSeenToLeave(t *testing.T) {
	c := startChat(t, 3)
	c.clients[1].Types("famous last words")
	c.clients[1].Types("/quit")
	c.clients[1].Exits(0)
	c.clients[2].Signal(sigterm)
	c.clients[2].Exits(0)
	f := c.settled()
	f.Exactly("Client 1: famous last words", "Client 1: terminated.", "Client 2: terminated.")

	c.Mark()
	c.clients[1].Start()
	c.introduced(1)
	c.everyoneTalks("one is back")
	c.settled().Once("Client 1: initiated.")
}

func TestAClientThatIsKilledLeavesNoTrace(t *testing.T) {
	c := startChat(t, 3)
	c.clients[1].Kill()
	c.everyoneTalks("has somebody gone?")
	c.settled().Nothing("Client 1")
}

func TestAClientLeavesWhileTheServerIsDown(t *testing.T) {
	c := startChat(t, 3)
	c.serverExits()
	c.clients[1].Types("/quit")
	c.clients[1].Exits(0)
	for _, p := range c.up() {
		p.SeesOnce("Client 1: terminated.")
	}
	c.Mark()
	c.server.Start()
	c.server.Sees(c.lines([]int{2, 3}, "reconnected")...)
	c.everyoneTalks("two are left")
	c.settled().On(c.server).Never("Client 1: reconnected", "Client 1: terminated.")
}

func TestAClientIsKilledAndStarted(t *testing.T) {
	c := startChat(t, 3)
	for range 3 { // both its ports are taken again at once
		c.Mark()
		c.clients[2].Restart()
		c.introduced(2)
		c.clients[2].Sees(c.lines(ids(3), "initiated.")...)
		c.everyoneTalks("two died and is here")
		f := c.settled()
		f.Once("Client 2: initiated.")
		f.Except(c.clients[2]).Never(c.lines([]int{1, 3}, "initiated.")...)
	}
}

func TestAClientIsKilledAndStartedWhileTheServerIsDown(t *testing.T) {
	c := startChat(t, 3)
	c.server.Kill()
	c.clients[2].Kill()
	c.clients[2].Start()
	c.clients[2].Sees("Client 2: initiated.") // the others knew where it would be
	c.everyoneTalks("no server, and two is new")
	c.Mark()
	c.server.Start()
	c.everyoneReconnects(3)
	c.everyoneTalks("all of us")
}

func TestAClientComesBackElsewhereWhileTheServerIsDown(t *testing.T) {
	c := startChat(t, 3)
	c.server.Kill()
	c.clients[2].Kill()
	c.seats[2] = seat{c.Port(), c.Port()}
	c.clients[2].StartWith(c.clientArgs(2, "-peer", c.seats[1].address())...)
	c.clients[2].Sees("Client 2: initiated.")
	c.everyoneTalks("two has moved")
	c.Mark()
	c.server.Start()
	c.everyoneReconnects(3)
	c.FileHolds(c.registry(), "where client 2 is now", c.registered(2))
	c.everyoneTalks("and the server knows where")
}

func TestTheEndOfAPipedInputIsNotTheEndOfAClient(t *testing.T) {
	c := startChat(t, 2)
	c.clients[2].CloseStdin()
	c.clients[1].Types("are you there?")
	c.clients[2].Sees("Client 1: are you there?")
	assert.True(t, c.clients[2].Running())
	c.clients[2].Signal(sigterm)
	c.clients[2].Exits(0)
}
