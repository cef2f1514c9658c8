package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// As its user does: docker compose --profile order up.
func TestComposeOrder(t *testing.T) {
	if !lab.InContainers() {
		t.Skip("left out: this is the test of compose.yaml; it runs with PEERLAB_E2E=container")
	}
	c := &composed{Lab: lab.New(t, lab.Playing("docker", "cmd:docker")), t: t, logs: map[string]*lab.Process{}}
	file, err := filepath.Abs("../compose.yaml")
	require.NoError(t, err)
	c.words = []string{"docker", "compose", "--file", file, "--project-name", c.Project(), "--profile", "order"}
	t.Setenv("ORDER_PORT", c.Port())
	services := []string{"order-server", "order-client-x", "order-client-y"}
	t.Cleanup(func() {
		c.ends("stop", "--timeout", "3", "order-server")
		c.ends("down", "--volumes")
	})
	c.do(append([]string{"up", "--detach", "--no-build"}, services...)...)
	for _, service := range services {
		c.follow(service)
	}
	clients := services[1:]
	for i, name := range []string{"X", "Y"} {
		c.shows("Client "+name+": Ahnaf", clients[i])
		c.logs[clients[i]].Exits(0) // who follows a log is done when the container has ended
	}
	verdict := strings.TrimRight(c.logs[clients[0]].Lines()[1].Text, "\r")
	require.Contains(t, []string{"X: Ahnaf received before Y: Ahnaf", "Y: Ahnaf received before X: Ahnaf"}, verdict)
	c.shows(verdict, clients...)
	c.shows("The server is ready to receive", "order-server")
	c.shows("Sent acknowledgment to both X and Y", "order-server")

	// Another round.
	c.logs["order-server"].Mark()
	c.do("start", "order-client-y")
	c.shows("Message Received: Client Y: Ahnaf", "order-server")
	c.do("start", "order-client-x")
	c.shows("Sent acknowledgment to both X and Y", "order-server")
	for _, client := range clients {
		c.logs[client].Start() // the whole log, that of the first round too
		c.logs[client].Exits(0)
		lines := c.logs[client].Lines()
		require.Len(t, lines, 4)
		require.Equal(t, "Y: Ahnaf received before X: Ahnaf", strings.TrimRight(lines[3].Text, "\r"))
	}
}
