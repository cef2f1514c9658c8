package order

import (
	"testing"

	"peerlab/e2e/stage"
)

func TestHostileBytes(t *testing.T) {
	c := stage.StartOrder(t, 0)
	stage.SendHostile(t, c, c.At)
	stage.Harmless(t, c.Server.Screen, c.Server.Stderr())
	x := c.StartClient("X", "first")
	c.Server.Sees("Message Received: Client X: first")
	y := c.StartClient("Y", "second")
	c.Ends(x, 0, "Client X: first", "X: first received before Y: second")
	c.Ends(y, 0, "Client Y: second", "X: first received before Y: second")
}
