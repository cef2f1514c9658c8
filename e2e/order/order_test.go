package order

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

func TestAsInTheAssignment(t *testing.T) {
	c := stage.StartOrder(t, 1)
	x := c.StartClient("X", "Ahnaf")
	c.Server.Sees("Message Received: Client X: Ahnaf")
	y := c.StartClient("Y", "Ahnaf")
	c.Ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.Ends(y, 0, "Client Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.Ends(c.Server, 0, stage.OrderReady,
		"Message Received: Client X: Ahnaf", "Message Received: Client Y: Ahnaf", "Sent acknowledgment to both X and Y")

	// Again on the same port at once, and the other way round.
	c.Server.Start()
	c.Server.Sees(stage.OrderReady)
	y.Start()
	c.Server.Sees("Message Received: Client Y: Ahnaf")
	x.Start()
	c.Ends(x, 0, "Client X: Ahnaf", "Y: Ahnaf received before X: Ahnaf")
	c.Ends(y, 0, "Client Y: Ahnaf", "Y: Ahnaf received before X: Ahnaf")
	c.Ends(c.Server, 0, stage.OrderReady,
		"Message Received: Client Y: Ahnaf", "Message Received: Client X: Ahnaf", "Sent acknowledgment to both X and Y")
}

// Nothing tells who is first when all start at once: but all agree.
func TestClientsThatAreThereBeforeTheServer(t *testing.T) {
	lab.NeedsOwn(t, "order-client")
	c := stage.StartOrder(t, 1)
	c.Server.Kill() // it only has to start now, and clients wait ten seconds
	both := c.StartAll(c.ClientSpec("order-client", "X", "Ahnaf"), c.ClientSpec("order-client", "Y", "Ahnaf"))
	x, y := both[0], both[1]
	c.Server.Start()
	first, second := c.Agree(x, y, "Ahnaf")
	c.Ends(c.Server, 0, stage.OrderReady,
		"Message Received: Client "+first, "Message Received: Client "+second, "Sent acknowledgment to both X and Y")
}

func TestRoundsOfClients(t *testing.T) {
	c := stage.StartOrder(t, 4)
	for round, names := range [][2]string{{"X", "Y"}, {"Y", "X"}, {"X", "X"}, {"Ada Lovelace", "Ää"}} {
		text := fmt.Sprintf("in round %d", round)
		first := c.StartClient(names[0], text)
		c.Server.Sees(fmt.Sprintf("Message Received: Client %s: %s", names[0], text))
		second := c.StartClient(names[1], text)
		verdict := fmt.Sprintf("%s: %s received before %s: %s", names[0], text, names[1], text)
		c.Ends(first, 0, fmt.Sprintf("Client %s: %s", names[0], text), verdict)
		c.Ends(second, 0, fmt.Sprintf("Client %s: %s", names[1], text), verdict)
	}
	c.Server.Exits(0)
	require.Equal(t, 2, c.Server.Count("Sent acknowledgment to both X and Y"), "by name, whichever was first")
	require.Equal(t, 1, c.Server.Count("Sent acknowledgment to both X and X"))
}

func TestOnAPortThatIsFree(t *testing.T) {
	c := stage.NewOrder(t)
	c.Server = c.Start(lab.Spec{Name: "order-server", Args: []string{"-listen", "127.0.0.1:0"}})
	c.At = strings.TrimPrefix(c.Server.Contains("Listening on "), "Listening on ")
	_, port, err := net.SplitHostPort(c.At)
	require.NoError(t, err)
	require.NotEqual(t, "0", port)
	x, y := c.StartClient("X", "Ahnaf"), c.StartClient("Y", "Ahnaf")
	x.Exits(0)
	y.Exits(0)
	c.Server.Exits(0)
	require.Equal(t, stage.OrderReady, c.Server.Lines()[0].Text)
}
