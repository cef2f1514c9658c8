package order

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// A client that leaves before it has sent a message is in no round, however it leaves.
func TestAClientThatLeavesBeforeItSends(t *testing.T) {
	c := stage.StartOrder(t, 1)
	gone := stage.Call(t, c, c.At)
	require.NoError(t, gone.Close())
	stage.Call(t, c, c.At).Reset()
	nothing := stage.Call(t, c, c.At)
	require.NoError(t, nothing.CloseWrite())
	c.Receives(nothing, "")

	x := c.StartClient("X", "Ahnaf")
	c.Server.Sees("Message Received: Client X: Ahnaf")
	c.Says("Client Z: Ah").Reset()
	stage.Call(t, c, c.At).Reset()
	y := c.StartClient("Y", "Ahnaf")
	c.Ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.Ends(y, 0, "Client Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.Ends(c.Server, 0, stage.OrderReady,
		"Message Received: Client X: Ahnaf", "Message Received: Client Y: Ahnaf", "Sent acknowledgment to both X and Y")
}

// A client that leaves after it has sent a message is in a round, and the other is told.
func TestAClientThatIsKilledAfterItHasSent(t *testing.T) {
	c := stage.StartOrder(t, 1)
	x := c.StartClient("X", "Ahnaf")
	c.Server.Sees("Message Received: Client X: Ahnaf")
	x.Kill()
	y := c.StartClient("Y", "Ahnaf")
	c.Ends(y, 0, "Client Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.Ends(c.Server, 0, stage.OrderReady,
		"Message Received: Client X: Ahnaf", "Message Received: Client Y: Ahnaf", "Sent acknowledgment to Y; X has left")
}

// A server that is stopped tells the clients that wait; that one was killed they notice.
// Either can be started again at once.
func TestAServerThatEnds(t *testing.T) {
	lab.NeedsOwn(t, "order-client")
	c := stage.StartOrder(t, 1)
	silent := stage.Call(t, c, c.At) // before X, and so accepted when X has been heard
	x := c.StartClient("X", "Ahnaf")
	c.Server.Sees("Message Received: Client X: Ahnaf")
	c.Server.Signal(syscall.SIGTERM)
	c.Server.Exits(0)
	c.Receives(silent, "ERR leaving the server was stopped\n")
	c.Ends(x, 1, "Client X: Ahnaf")
	x.Stderr().Contains("the server was stopped")
	assert.Len(t, x.Stderr().Lines(), 1)

	c.Server.Start()
	c.Server.Sees(stage.OrderReady)
	x.Start()
	c.Server.Sees("Message Received: Client X: Ahnaf")
	c.Server.Kill()
	c.Ends(x, 1, "Client X: Ahnaf")
	x.Stderr().Contains(c.At)
	assert.Len(t, x.Stderr().Lines(), 1)

	c.Server.Start()
	c.Server.Sees(stage.OrderReady)
	x.Start()
	c.Server.Sees("Message Received: Client X: Ahnaf")
	y := c.StartClient("Y", "Ahnaf")
	c.Ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.Ends(y, 0, "Client Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.Server.Exits(0)
}
