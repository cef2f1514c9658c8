package mixed

import (
	"fmt"
	"testing"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// orderRoles returns the roles of three clients: the project's own, and two like the
// assignment's, which send no line end and read once.
func orderRoles(t *testing.T) (opts []lab.Option, roles []string) {
	t.Helper()
	return []lab.Option{
		lab.Playing("order-in-python", foreign(t, "order_client.py")),
		lab.Playing("order-in-c", foreign(t, "order_client.c")),
	}, []string{"order-client", "order-in-python", "order-in-c"}
}

// Both clients receive the same, whichever is first and whatever language it is written in.
func TestOrder(t *testing.T) {
	opts, roles := orderRoles(t)
	c := stage.NewOrder(t, opts...)
	c.StartServer(len(roles))
	for i, first := range roles {
		second := roles[(i+1)%len(roles)]
		text := first + " and " + second
		x := c.Start(c.ClientSpec(first, "X", text))
		c.Server.Sees("Message Received: Client X: " + text)
		y := c.Start(c.ClientSpec(second, "Y", text))
		verdict := fmt.Sprintf("X: %s received before Y: %s", text, text)
		c.Ends(x, 0, "Client X: "+text, verdict)
		c.Ends(y, 0, "Client Y: "+text, verdict)
	}
	c.Server.Exits(0)
}

// Both at once: either may be first, but all agree.
func TestOrderBothAtOnce(t *testing.T) {
	opts, roles := orderRoles(t)
	c := stage.NewOrder(t, opts...)
	c.StartServer(len(roles))
	for i, role := range roles {
		other := roles[(i+1)%len(roles)]
		text := fmt.Sprint("round ", i)
		c.Server.Mark()
		ps := c.StartAll(
			c.ClientSpec(role, "X", text),
			c.ClientSpec(other, "Y", text),
		)
		first, second := c.Agree(ps[0], ps[1], text)
		c.Server.SeesInOrder("Message Received: Client "+first, "Message Received: Client "+second, "Sent acknowledgment to both X and Y")
	}
	c.Server.Exits(0)
}

// A server as the assignment's own decides for our clients too.
func TestOrderServer(t *testing.T) {
	opts, roles := orderRoles(t)
	c := stage.NewOrder(t, append(opts, lab.Playing("order-server", foreign(t, "order_server.py")))...)
	c.StartServer(len(roles))
	for i, first := range roles {
		second := roles[(i+1)%len(roles)]
		c.Server.Mark()
		y := c.Start(c.ClientSpec(first, "Y", "Ahnaf"))
		c.Server.Sees("Message Received: Client Y: Ahnaf")
		x := c.Start(c.ClientSpec(second, "X", "Ahnaf"))
		c.Ends(y, 0, "Client Y: Ahnaf", "Y: Ahnaf received before X: Ahnaf")
		c.Ends(x, 0, "Client X: Ahnaf", "Y: Ahnaf received before X: Ahnaf")
		c.Server.SeesInOrder("Message Received: Client Y: Ahnaf", "Message Received: Client X: Ahnaf", "Sent acknowledgment to both X and Y")
	}
	c.Server.Exits(0)
}
