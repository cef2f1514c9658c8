package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
)

func TestANewClientJoinsThroughAnotherWhenThereIsNoServer(t *testing.T) {
	c := startChat(t, 2)
	c.server.Kill()
	c.flags[3] = []string{"-peer", c.seats[1].address()}
	c.startClients(3)
	c.introduced(3)
	c.clients[3].Sees(c.lines(ids(3), "initiated.")...)
	c.everyoneTalks("three of us, no server")
	c.settled().Once("Client 3: initiated.")

	c.Mark()
	c.server.Start()
	c.server.Sees(c.lines(ids(2), "reconnected")...)
	c.FileHolds(c.registry(), "client 3 too", c.registered(3))
	c.everyoneTalks("and a server")
	f := c.settled()
	f.Except(c.server).Once("Server: initiated")
	f.On(c.server).Once("Client 3: initiated.") // they had never met
	f.On(c.server).Never("Client 3: reconnected")
}

func TestANewClientWaitsForTheServer(t *testing.T) {
	lab.NeedsOwn(t, "client")
	c := newChat(t)
	c.startClients(1)
	c.clients[1].Stderr().Contains("no server at " + c.at)
	assert.Empty(t, c.clients[1].Lines())
	c.startServer()
	c.introduced(1)
	c.startClients(2)
	c.introduced(2)
	c.everyoneTalks("that took a while")
}

func TestANewClientWaitsThroughADeadPeer(t *testing.T) {
	lab.NeedsOwn(t, "client")
	c := newChat(t)
	c.flags[1] = []string{"-peer", c.Address()}
	c.startClients(1)
	c.clients[1].Stderr().Contains("no server at " + c.at)
	c.startServer()
	c.introduced(1)
}

func TestASecondClientUnderALiveIDIsRefused(t *testing.T) {
	lab.NeedsOwn(t, "client")
	c := startChat(t, 3)
	twin := lab.Spec{Name: "twin", Role: "client", Args: []string{"-server", c.at, "2", c.Port(), c.Port()}}
	second := c.Start(twin)
	second.Exits(1)
	second.Stderr().Contains("2")
	assert.Len(t, complaint(second), 1, "one line says what and what to do")
	c.everyoneTalks("two is still two")
	c.settled().Nothing("Client 2: initiated.")

	c.serverExits()
	second.StartWith("-server", c.at, "-peer", c.seats[1].address(), "2", c.Port(), c.Port())
	second.Exits(1)
	c.everyoneTalks("without a server too")
}

func TestTheSourcePortIsTheOneGiven(t *testing.T) {
	c := newChat(t)
	from := c.listenForOne()
	c.startClients(1)
	assert.Equal(t, "127.0.0.1:"+c.seats[1].port1, from())
}
