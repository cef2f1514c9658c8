package chat

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/stage"
)

func TestAClientThatQuitsIsSeenToLeave(t *testing.T) {
	c := stage.StartChat(t, 3)
	c.Clients[1].Types("famous last words")
	c.Clients[1].Types("/quit")
	c.Clients[1].Exits(0)
	c.Clients[2].Signal(syscall.SIGTERM)
	c.Clients[2].Exits(0)
	f := c.Barrier()
	f.Exactly("Client 1: famous last words", "Client 1: terminated.", "Client 2: terminated.")

	c.Mark()
	c.Clients[1].Start()
	c.Introduced(1)
	c.AllTalk("one is back")
	c.Barrier().Once("Client 1: initiated.")
}

func TestAClientThatIsKilledLeavesNoTrace(t *testing.T) {
	c := stage.StartChat(t, 3)
	c.Clients[1].Kill()
	c.AllTalk("is one gone?")
	c.Barrier().Nothing("Client 1")
}

func TestAClientLeavesWhileTheServerIsDown(t *testing.T) {
	c := stage.StartChat(t, 3)
	c.ServerExits()
	c.Clients[1].Types("/quit")
	c.Clients[1].Exits(0)
	for _, p := range c.Members() {
		p.SeesOnce("Client 1: terminated.")
	}
	c.Mark()
	c.Server.Start()
	c.Server.Sees(stage.ClientLines([]int{2, 3}, "reconnected")...)
	c.AllTalk("two are left")
	c.Barrier().On(c.Server).Never("Client 1: reconnected", "Client 1: terminated.")
}

func TestAClientIsKilledAndStarted(t *testing.T) {
	c := stage.StartChat(t, 3)
	for range 3 { // both its ports are taken again at once
		c.Mark()
		c.Clients[2].Restart()
		c.Introduced(2)
		c.Clients[2].Sees(stage.ClientLines(stage.IDs(3), "initiated.")...)
		c.AllTalk("two died and is here")
		f := c.Barrier()
		f.Once("Client 2: initiated.")
		f.Except(c.Clients[2]).Never(stage.ClientLines([]int{1, 3}, "initiated.")...)
	}
}

func TestAClientIsKilledAndStartedWhileTheServerIsDown(t *testing.T) {
	c := stage.StartChat(t, 3)
	c.Server.Kill()
	c.Clients[2].Kill()
	c.Clients[2].Start()
	c.Clients[2].Sees("Client 2: initiated.") // the others knew where it would be
	c.AllTalk("no server, and two is new")
	c.Mark()
	c.Server.Start()
	c.AllReconnect(3)
	c.AllTalk("all of us")
}

func TestTheEndOfAPipedInputIsNotTheEndOfAClient(t *testing.T) {
	c := stage.StartChat(t, 2)
	c.Clients[2].CloseStdin()
	c.Clients[1].Types("are you there?")
	c.Clients[2].Sees("Client 1: are you there?")
	assert.True(t, c.Clients[2].Running())
	c.Clients[2].Signal(syscall.SIGTERM)
	c.Clients[2].Exits(0)
}
