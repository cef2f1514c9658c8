package compose

import (
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
)

// As its user does: docker compose --profile order up.
func TestOrder(t *testing.T) {
	c := stage.NewCompose(t, stage.ComposeFile, []string{"order"}, "order-server", "order-client-x", "order-client-y")
	c.Up()
	c.Follow("order-server")
	c.Shows(stage.OrderReady, "order-server")
	c.Shows("Sent acknowledgment to both X and Y", "order-server")
	x, y := c.Printed("order-client-x"), c.Printed("order-client-y")
	require.Len(t, x, 2)
	verdict := x[1]
	require.Contains(t, []string{"X: Ahnaf received before Y: Ahnaf", "Y: Ahnaf received before X: Ahnaf"}, verdict)
	require.Equal(t, []string{"Client X: Ahnaf", verdict}, x)
	require.Equal(t, []string{"Client Y: Ahnaf", verdict}, y)

	// Another round.
	c.Logs["order-server"].Mark()
	c.Do("start", "order-client-y")
	c.Shows("Message Received: Client Y: Ahnaf", "order-server")
	c.Do("start", "order-client-x")
	c.Shows("Sent acknowledgment to both X and Y", "order-server")
	const next = "Y: Ahnaf received before X: Ahnaf"
	require.Equal(t, append(x, "Client X: Ahnaf", next), c.Printed("order-client-x"))
	require.Equal(t, append(y, "Client Y: Ahnaf", next), c.Printed("order-client-y"))
}
