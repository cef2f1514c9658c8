package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// reconnectLimit is for the time from the server's start to the last of five
// reconnected lines. The aim is 100 ms beyond the start of the process; the
// limit leaves room for a loaded machine and the race detector.
const reconnectLimit = 2 * time.Second

// everyoneReconnects waits until the server, just started again, has got all
// clients back, and requires that nobody shows anything else of it.
func (c *chat) everyoneReconnects(clients int) {
	c.t.Helper()
	c.server.Sees(c.lines(ids(clients), "reconnected")...)
	f := c.settled()
	f.On(c.server).Exactly(c.lines(ids(clients), "reconnected")...)
	f.Except(c.server).Exactly("Server: initiated")
}

func TestPhase2(t *testing.T) {
	alone(t)
	phase2(newChat(t), (*chat).serverExits)
}

// phase2 restarts the server after it was ended.
func phase2(c *chat, end func(*chat)) {
	c.start(5)
	end(c)
	c.everyoneTalks("without a server")

	c.Mark()
	c.server.Start()
	c.everyoneReconnects(5)
	var last time.Time
	for _, line := range c.lines(ids(5), "reconnected") {
		if at := c.server.At(line); at.After(last) {
			last = at
		}
	}
	took := last.Sub(c.server.Started())
	c.t.Logf("server's start to the fifth reconnected: %v", took.Round(time.Millisecond))
	if !c.server.Foreign() { // the start of an interpreter is not what is measured
		assert.Less(c.t, took, reconnectLimit)
	}
	c.everyoneTalks("with a server again")
}

func TestTheServerIsKilledAndStarted(t *testing.T) {
	c := startChat(t, 5)
	c.server.Kill()
	c.everyoneTalks("it just died")
	c.settled().Never("Server: terminated.")

	c.Mark()
	c.server.Start()
	c.everyoneReconnects(5)
	c.everyoneTalks("it is back")
}

func TestTheServerIsRestartedAgainAndAgain(t *testing.T) {
	c := startChat(t, 3)
	for _, end := range []func(){c.serverExits, c.server.Kill, c.server.Kill, c.serverExits} {
		c.Mark()
		end()
		c.Mark()
		c.server.Start()
		c.everyoneReconnects(3)
		c.everyoneTalks("again")
	}
}

func TestWhatWasTypedWithoutTheServerIsNotShownTwice(t *testing.T) {
	c := startChat(t, 2)
	c.serverExits()
	c.Mark()
	c.clients[1].Types("typed while it was away")
	c.clients[2].Sees("Client 1: typed while it was away")
	c.server.Start()
	c.server.Sees(c.lines(ids(2), "reconnected")...)
	f := c.settled()
	f.On(c.clients[2]).Once("Client 1: typed while it was away")
	f.On(c.clients[1]).Exactly("Server: initiated")
}
