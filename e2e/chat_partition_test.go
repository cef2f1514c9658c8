package e2e

import (
	"testing"

	"peerlab/lab/wire"
)

// Clients 1 and 2 cannot reach each other; all others reach both. What is typed at one
// shows at the other by way of these.
func TestAPartitionThatIsNotTransitive(t *testing.T) {
	c := startChat(t, 4)
	w := c.Wire()
	c.noError(w.Set("client1", "client2", wire.Fault{Drop: true}))
	c.noError(w.Set("client2", "client1", wire.Fault{Drop: true}))
	c.finds(1, client(2), "gone")
	c.Mark()
	c.everyoneTalks("around the corner")
	c.noError(w.Heal())
	c.finds(1, client(2), "connected")
	c.Mark()
	c.everyoneTalks("mended")
}

// Nothing that client 1 sends arrives at client 2, not even what acknowledges its lines.
func TestALinkThatWorksOneWay(t *testing.T) {
	c := startChat(t, 3)
	w := c.Wire()
	c.noError(w.Set("client1", "client2", wire.Fault{Drop: true}))
	c.everyoneTalks("can you hear me")
	c.finds(2, client(1), "silent")
	c.noError(w.Heal())
	c.finds(2, client(1), "connected")
	c.Mark()
	c.everyoneTalks("mended")
}

// Connections are taken, and nothing is heard over them.
func TestDialsThatAreHeldDelayNoOther(t *testing.T) {
	c := newChat(t)
	w := c.Wire()
	c.startServer()
	c.startClients(1, 2)
	c.introduced(1, 2)
	c.noError(w.Set("client3", "client1", wire.Fault{Of: wire.Data, Hold: true}))
	c.startClients(3)
	c.clients[2].Sees("Client 3: initiated.")
	c.clients[3].Sees("Client 3: initiated.")
	c.clients[2].Types("who is there")
	for _, id := range []int{1, 3} {
		c.clients[id].Within(quickLimit, "quickLimit").Sees("Client 2: who is there")
	}
	c.noError(w.Heal())
	c.clients[3].Sees("Client 1: initiated.") // before that /who does not list it
	c.finds(3, client(1), "connected")
	c.Mark()
	c.everyoneTalks("mended")
}

func (c *chat) noError(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}
