package e2e

import (
	"fmt"
	"testing"

	"peerlab/e2e/lab"
)

// jurors are the programs that play a client of order: ours, and two as the
// assignment's own, which send no line end and read once.
func jurors(t *testing.T) (opts []lab.Option, roles []string) {
	t.Helper()
	return []lab.Option{
		lab.Playing("order-in-python", foreign(t, "order_client.py")),
		lab.Playing("order-in-c", foreign(t, "order_client.c")),
	}, []string{"order-client", "order-in-python", "order-in-c"}
}

// juror starts a client that plays that role.
func (c *court) juror(role, name, text string) *lab.Process {
	c.t.Helper()
	c.clients++
	return c.Start(lab.Spec{Name: fmt.Sprintf("%s%d", role, c.clients), Role: role, Args: []string{"-server", c.at, name, text}})
}

// Whoever is first, and whatever either is written in: both hear the same.
func TestForeignOrder(t *testing.T) {
	opts, roles := jurors(t)
	c := newCourt(t, opts...)
	c.open(len(roles) * len(roles))
	for _, first := range roles {
		for _, second := range roles {
			text := first + " and " + second
			x := c.juror(first, "X", text)
			c.server.Sees("Message Received: Client X: " + text)
			y := c.juror(second, "Y", text)
			verdict := fmt.Sprintf("X: %s received before Y: %s", text, text)
			c.ends(x, 0, "Client X: "+text, verdict)
			c.ends(y, 0, "Client Y: "+text, verdict)
		}
	}
	c.server.Exits(0)
}

// Both at once: nobody knows who is first, but all agree.
func TestForeignOrderBothAtOnce(t *testing.T) {
	opts, roles := jurors(t)
	c := newCourt(t, opts...)
	c.open(len(roles))
	for i, role := range roles {
		other := roles[(i+1)%len(roles)]
		text := fmt.Sprint("round ", i)
		c.server.Mark()
		ps := c.StartAll(
			lab.Spec{Name: "X-" + role, Role: role, Args: []string{"-server", c.at, "X", text}},
			lab.Spec{Name: "Y-" + other, Role: other, Args: []string{"-server", c.at, "Y", text}},
		)
		first, second := c.agree(ps[0], ps[1], text)
		c.server.SeesInOrder("Message Received: Client "+first, "Message Received: Client "+second, "Sent acknowledgment to both X and Y")
	}
	c.server.Exits(0)
}

// A server as the assignment's own decides for our clients too.
func TestForeignOrderServer(t *testing.T) {
	opts, roles := jurors(t)
	c := newCourt(t, append(opts, lab.Playing("order-server", foreign(t, "order_server.py")))...)
	c.open(len(roles) * len(roles))
	for _, first := range roles {
		for _, second := range roles {
			c.server.Mark()
			y := c.juror(first, "Y", "Ahnaf")
			c.server.Sees("Message Received: Client Y: Ahnaf")
			x := c.juror(second, "X", "Ahnaf")
			c.ends(y, 0, "Client Y: Ahnaf", "Y: Ahnaf received before X: Ahnaf")
			c.ends(x, 0, "Client X: Ahnaf", "Y: Ahnaf received before X: Ahnaf")
			c.server.SeesInOrder("Message Received: Client Y: Ahnaf", "Message Received: Client X: Ahnaf", "Sent acknowledgment to both X and Y")
		}
	}
	c.server.Exits(0)
}
