package chat

import (
	"testing"

	"peerlab/e2e/stage"
	"peerlab/lab/wire"
)

func TestABrokenLinkComesBack(t *testing.T) {
	c := stage.NewChat(t)
	c.Wire() // or the test is left out
	c.StartMembers(3)
	c.Barrier()
	c.Mark()
	one, two := []string{"client1"}, []string{"client2"}
	for how, breaks := range []func(){
		func() { c.ResetLink("client1", "client2") },
		func() { c.ResetLink("client2", "client1") },
		func() { c.SetFault(wire.Fault{Drop: true}, one, two) }, // a cable is cut
	} {
		c.Mark()
		c.SetFault(wire.Fault{Of: wire.Dials, Drop: true}, one, two)
		breaks()
		lines := stage.Numbered(20, 0)
		stage.TypeAll(c.Clients[1], lines)
		stage.TypeAll(c.Clients[2], lines)
		c.SeesFrom(c.Clients[3], lines[len(lines)-1], c.Clients[1], c.Clients[2])
		c.Heal()
		f := c.Barrier()
		f.Except(c.Clients[1]).Sequence("Client 1: ", lines)
		f.Except(c.Clients[2]).Sequence("Client 2: ", lines)
		f.Nothing("initiated")
		f.Nothing("reconnected")
		t.Log("it broke in way", how+1)
	}
}
