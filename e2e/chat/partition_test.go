package chat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
	"peerlab/lab/wire"
)

// Nothing that client 1 sends arrives at client 2, not even what acknowledges its lines.
func TestALinkThatWorksOneWay(t *testing.T) {
	c := stage.StartChat(t, 3)
	w := c.Wire()
	require.NoError(t, w.Set("client1", "client2", wire.Fault{Drop: true}))
	c.AllTalk("can you hear me")
	c.AwaitState(2, stage.ClientName(1), "silent")
	c.Heal()
	c.AwaitState(2, stage.ClientName(1), "connected")
	c.Mark()
	c.AllTalk("mended")
}

// Connections are taken, and nothing is heard over them.
func TestDialsThatAreHeldDelayNoOther(t *testing.T) {
	c := stage.NewChat(t)
	w := c.Wire()
	c.StartServer()
	c.StartClients(1, 2)
	c.Introduced(1, 2)
	require.NoError(t, w.Set("client3", "client1", wire.Fault{Of: wire.Data, Hold: true}))
	c.StartClients(3)
	c.Clients[2].Sees("Client 3: initiated.")
	c.Clients[3].Sees("Client 3: initiated.")
	c.Clients[2].Types("who is there")
	for _, id := range []int{1, 3} {
		c.Clients[id].Within(quickLimit).Sees("Client 2: who is there")
	}
	c.Heal()
	c.Clients[3].Sees("Client 1: initiated.") // before that /who does not list it
	c.AwaitState(3, stage.ClientName(1), "connected")
	c.Mark()
	c.AllTalk("mended")
}

// quickLimit is the time for a line between two members with a working link. It is less than
// the time until a silent member is given up, which would let others go on.
const quickLimit = 2 * time.Second

// Client 2 does not watch client 1, and its link stays up. It learns from others that there
// is a line which that does not bring.
func TestALineComesRoundALinkThatIsSilent(t *testing.T) {
	c := stage.StartChat(t, 5)
	c.Server.Kill()
	require.NoError(t, c.Wire().Set("client1", "client2", wire.Fault{Drop: true}))
	c.Clients[1].Types("who is there")
	c.Clients[3].Sees("Client 1: who is there")
	c.Clients[2].Within(4 * time.Second).Sees("Client 1: who is there")
	c.Heal()
	c.AwaitState(2, stage.ClientName(1), "connected")
	c.Clients[1].Types("mended")
	c.Clients[2].Sees("Client 1: mended")
}
