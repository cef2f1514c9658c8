package order

import (
	"testing"

	"peerlab/e2e/stage"
)

// Text of others cannot control a terminal, the server's or a client's.
func TestTextCannotSteer(t *testing.T) {
	c := stage.StartOrder(t, 1)
	x := c.StartClient("X", "Ahnaf")
	c.Server.Sees("Message Received: Client X: Ahnaf")
	y := c.Says("Client Y\x1b[2J: a\x00b\t\x9b31m \xc2\x9b \xe2\x80\xae\x7f\rend\r\n")
	const shown = `Y\x1b[2J: a\x00b\t\x9b31m \u009b \u202e\x7f\x0dend`
	c.Receives(y, "X: Ahnaf received before "+shown+"\n")
	c.Ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before "+shown)
	c.Ends(c.Server, 0, stage.OrderReady,
		"Message Received: Client X: Ahnaf", "Message Received: Client "+shown, `Sent acknowledgment to both X and Y\x1b[2J`)
}
