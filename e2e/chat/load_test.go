package chat

import (
	"testing"
	"time"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// exitWithOneStopped is the time in which the server ends although a client is stopped: two
// seconds, which the chat's own tests require on a fake clock, and room for an engine that
// reports an exit late.
const exitWithOneStopped = 8 * time.Second

func TestEveryonesLinesShowInTheOrderTyped(t *testing.T) {
	c := stage.StartChat(t, 5)
	lines := stage.Numbered(1000, 0)
	for _, p := range c.Members() {
		stage.TypeAll(p, lines)
	}
	for _, p := range c.Members() {
		c.SeesFrom(p, lines[len(lines)-1], c.Members()...)
	}
	f := c.Barrier()
	for _, p := range c.Members() {
		f.Except(p).Sequence(c.NameOf(p)+": ", lines)
		f.On(p).Nothing(c.NameOf(p) + ": ")
	}
}

func TestAStoppedTerminalDelaysNoOneAndCatchesUp(t *testing.T) {
	c := stage.StartChat(t, 3)
	c.Barrier()
	c.Mark()
	lines := stage.Numbered(640, 16<<10) // 10 MB
	last := lines[len(lines)-1]
	c.Clients[2].Pause()
	stage.TypeAll(c.Clients[1], lines)
	for _, p := range []*lab.Process{c.Server, c.Clients[3]} {
		c.SeesFrom(p, last, c.Clients[1])
	}
	c.Clients[3].Types("no one waited")
	c.Server.Sees("Client 3: no one waited")
	c.Clients[1].Sees("Client 3: no one waited")

	c.Clients[2].Resume()
	c.SeesFrom(c.Clients[2], last, c.Clients[1])
	f := c.Barrier()
	f.Except(c.Clients[1]).Sequence("Client 1: ", lines)
	f.Except(c.Clients[3]).Sequence("Client 3: ", []string{"no one waited"})
}

func TestTheServerExitsThoughAClientIsStopped(t *testing.T) {
	c := stage.StartChat(t, 2)
	c.Clients[2].Pause()
	c.Server.Types("Exit")
	c.Server.ExitsWithin(exitWithOneStopped, 0)
	c.Clients[1].SeesOnce("Server: terminated.")
	c.Clients[2].Resume()
	c.AllTalk("two is awake again")
}
