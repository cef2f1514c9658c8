package chat

import (
	"testing"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

func TestPhase2(t *testing.T) {
	lab.Alone(t)
	stage.Phase2(stage.NewChat(t), (*stage.Chat).ServerExits)
}

func TestTheServerIsKilledAndStarted(t *testing.T) {
	c := stage.StartChat(t, 5)
	c.Server.Kill()
	c.ClientsLeave()
	c.AllTalk("it just died")
	c.Barrier().Never("Server: terminated.")

	c.Mark()
	c.Server.Start()
	c.AllReconnect(5)
	c.AllTalk("it is back")
}

func TestWhatWasTypedWithoutTheServerIsNotShownTwice(t *testing.T) {
	c := stage.StartChat(t, 2)
	c.ServerExits()
	c.Mark()
	c.Clients[1].Types("typed while it was away")
	c.Clients[2].Sees("Client 1: typed while it was away")
	c.Server.Start()
	c.Server.Sees(stage.ClientLines(stage.IDs(2), "reconnected")...)
	f := c.Barrier()
	f.On(c.Clients[2]).Once("Client 1: typed while it was away")
	f.On(c.Clients[1]).Exactly("Server: initiated")
}

func TestTheServerIsRestartedAgainAndAgain(t *testing.T) {
	c := stage.StartChat(t, 3)
	for _, end := range []func(){c.ServerExits, c.Server.Kill, c.Server.Kill, c.ServerExits} {
		c.Mark()
		end()
		c.Mark()
		c.Server.Start()
		c.AllReconnect(3)
		c.AllTalk("again")
	}
}
