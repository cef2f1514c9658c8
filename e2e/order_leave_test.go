package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// Whoever leaves before it has sent a message is in no round, however it leaves.
func TestOrderAClientThatLeavesBeforeItSends(t *testing.T) {
	c := openCourt(t, 1)
	gone := callIn(t, c, c.at)
	require.NoError(t, gone.Close())
	callIn(t, c, c.at).resets(t)
	nothing := callIn(t, c, c.at)
	require.NoError(t, nothing.CloseWrite())
	c.hears(nothing, "")

	x := c.client("X", "Ahnaf")
	c.server.Sees("Message Received: Client X: Ahnaf")
	c.said("Client Z: Ah").resets(t)
	callIn(t, c, c.at).resets(t)
	y := c.client("Y", "Ahnaf")
	c.ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.ends(y, 0, "Client Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.ends(c.server, 0, orderReady,
		"Message Received: Client X: Ahnaf", "Message Received: Client Y: Ahnaf", "Sent acknowledgment to both X and Y")
}

// Whoever leaves after it has sent a message is in a round, and the other is told.
func TestOrderAClientThatLeavesAfterItHasSent(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T, s stranger){
		"closes":    func(t *testing.T, s stranger) { require.NoError(t, s.Close()) },
		"is reset":  func(t *testing.T, s stranger) { s.resets(t) },
		"is killed": nil,
	} {
		t.Run(name, func(t *testing.T) {
			c := openCourt(t, 1)
			if leave != nil {
				x := c.said("Client X: Ahnaf\n")
				c.server.Sees("Message Received: Client X: Ahnaf")
				leave(t, x)
			} else {
				x := c.client("X", "Ahnaf")
				c.server.Sees("Message Received: Client X: Ahnaf")
				x.Kill()
			}
			y := c.client("Y", "Ahnaf")
			c.ends(y, 0, "Client Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
			c.ends(c.server, 0, orderReady,
				"Message Received: Client X: Ahnaf", "Message Received: Client Y: Ahnaf", "Sent acknowledgment to Y; X has left")
		})
	}
}

func TestOrderBothLeave(t *testing.T) {
	c := openCourt(t, 1)
	y := c.said("Client Y: Ahnaf\n")
	c.server.Sees("Message Received: Client Y: Ahnaf")
	y.resets(t)
	require.NoError(t, c.said("Client X: Ahnaf").Close())
	c.ends(c.server, 0, orderReady,
		"Message Received: Client Y: Ahnaf", "Message Received: Client X: Ahnaf", "Sent no acknowledgment; X and Y have left")
}

// Nobody waits for ever: neither the server for a client that is silent, nor a
// client for another one that does not come.
func TestOrderSilenceHasABound(t *testing.T) {
	lab.NeedsOwn(t, "order-client")
	waits(t)
	c := openCourt(t, 0)
	began := time.Now()
	silent := callIn(t, c, c.at)
	require.NoError(t, silent.SetDeadline(began.Add(2*orderPatience)))
	x := c.client("X", "Ahnaf")
	assert.Equal(t, "ERR timeout nothing received for 30s\n", silent.answer(t))
	assert.InDelta(t, orderPatience.Seconds(), time.Since(began).Seconds(), 5)
	x.ExitsWithin(orderPatience, "since the other one waited as long already", 1)
	c.shows(x, "Client X: Ahnaf")
	x.Stderr().Contains("no second message received for 30s")
	assert.Len(t, x.Stderr().Lines(), 1)
	c.server.Sees("No verdict for X: no second message")
	c.shows(c.server, orderReady, "Message Received: Client X: Ahnaf", "No verdict for X: no second message")

	y, z := c.said("Client Y: Ahnaf\n"), c.said("Client Z: Ahnaf\n")
	c.hears(y, "Y: Ahnaf received before Z: Ahnaf\n")
	c.hears(z, "Y: Ahnaf received before Z: Ahnaf\n")
}

// A server that is asked to end says so to those who wait; one that is killed
// can't, and they notice. Either can be started again at once.
func TestOrderAServerThatEnds(t *testing.T) {
	lab.NeedsOwn(t, "order-client")
	c := openCourt(t, 1)
	silent := callIn(t, c, c.at) // before X, and so accepted when X has been heard
	x := c.client("X", "Ahnaf")
	c.server.Sees("Message Received: Client X: Ahnaf")
	c.server.Signal(sigterm)
	c.server.Exits(0)
	c.hears(silent, "ERR leaving the server was stopped\n")
	c.ends(x, 1, "Client X: Ahnaf")
	x.Stderr().Contains("the server was stopped")
	assert.Len(t, x.Stderr().Lines(), 1)

	c.server.Start()
	c.server.Sees(orderReady)
	x.Start()
	c.server.Sees("Message Received: Client X: Ahnaf")
	c.server.Kill()
	c.ends(x, 1, "Client X: Ahnaf")
	x.Stderr().Contains(c.at)
	assert.Len(t, x.Stderr().Lines(), 1)

	c.server.Start()
	c.server.Sees(orderReady)
	x.Start()
	c.server.Sees("Message Received: Client X: Ahnaf")
	y := c.client("Y", "Ahnaf")
	c.ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.ends(y, 0, "Client Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.server.Exits(0)
}

func TestOrderNoServer(t *testing.T) {
	lab.NeedsOwn(t, "order-client")
	waits(t)
	c := newCourt(t)
	x := c.client("X", "Ahnaf")
	x.ExitsWithin(30*time.Second, "for a server to be there, thrice", 1)
	c.shows(x)
	x.Stderr().Contains("order-server -listen " + c.at)
	assert.Len(t, x.Stderr().Lines(), 1)
}

// The health check, as a container's engine runs it, is in nobody's way.
func TestOrderHealth(t *testing.T) {
	lab.NeedsOwn(t, "order-server", "order-client")
	c := openCourt(t, 1)
	x := c.client("X", "Ahnaf")
	c.server.Sees("Message Received: Client X: Ahnaf")
	for i, spec := range []lab.Spec{
		{Role: "order-server", Args: []string{"-health", "-listen", c.at}},
		{Role: "order-client", Args: []string{"-health", "-server", c.at, "X", "Ahnaf"}},
	} {
		spec.Name = []string{"health-of-server", "health-of-client"}[i]
		p := c.Start(spec)
		p.Exits(0)
		c.shows(p)
		defer func() {
			p.Start()
			p.Exits(1)
		}()
	}
	y := c.client("Y", "Ahnaf")
	c.ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.ends(y, 0, "Client Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.server.Exits(0)
}
