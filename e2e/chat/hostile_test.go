package chat

import (
	"testing"

	"peerlab/e2e/stage"
)

func TestHostileBytes(t *testing.T) {
	c := stage.StartChat(t, 3)
	stage.SendHostile(t, c, c.At, c.Ports[1].Address())
	for _, p := range c.Members() {
		stage.Harmless(t, p.Screen, p.Stderr())
	}
	c.Barrier().Exactly() // no screen shows any of it
	c.AllTalk("was there anything")
	c.StartClients(4)
	c.Introduced(4)
}
