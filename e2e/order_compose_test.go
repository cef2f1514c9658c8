package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// As its user does: docker compose --profile order up.
func TestComposeOrder(t *testing.T) {
	c := newComposed(t, composeFile, []string{"order"}, "order-server", "order-client-x", "order-client-y")
	c.port("ORDER_PORT")
	c.up()
	c.follow("order-server")
	c.shows(orderReady, "order-server")
	c.shows("Sent acknowledgment to both X and Y", "order-server")
	x, y := c.printed("order-client-x"), c.printed("order-client-y")
	require.Len(t, x, 2)
	verdict := x[1]
	require.Contains(t, []string{"X: Ahnaf received before Y: Ahnaf", "Y: Ahnaf received before X: Ahnaf"}, verdict)
	require.Equal(t, []string{"Client X: Ahnaf", verdict}, x)
	require.Equal(t, []string{"Client Y: Ahnaf", verdict}, y)

	// Another round.
	c.logs["order-server"].Mark()
	c.do("start", "order-client-y")
	c.shows("Message Received: Client Y: Ahnaf", "order-server")
	c.do("start", "order-client-x")
	c.shows("Sent acknowledgment to both X and Y", "order-server")
	const next = "Y: Ahnaf received before X: Ahnaf"
	require.Equal(t, append(x, "Client X: Ahnaf", next), c.printed("order-client-x"))
	require.Equal(t, append(y, "Client Y: Ahnaf", next), c.printed("order-client-y"))
}
