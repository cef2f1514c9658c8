package e2e

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// As its user does: docker compose --profile order up.
func TestComposeOrder(t *testing.T) {
	if !lab.InContainers() {
		lab.LeaveOut(t, "it is of compose.yaml, and runs with PEERLAB_E2E=container")
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

// printed waits until a service has ended with status 0, and returns all that it
// has ever shown.
func (c *composed) printed(service string) []string {
	c.t.Helper()
	ended := func() bool {
		return c.tells("ps", "--all", "--format", "{{.State}} {{.ExitCode}}", service) == "exited 0"
	}
	c.Eventually(service+" has ended with status 0", ended)
	return strings.Split(c.tells("logs", "--no-log-prefix", "--no-color", service), "\n")
}

// tells is what a command of compose writes, without the CR that a terminal adds.
func (c *composed) tells(args ...string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), composeTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, c.words[0], append(c.words[1:len(c.words):len(c.words)], args...)...).Output()
	require.NoError(c.t, err, "docker compose %s", strings.Join(args, " "))
	return strings.TrimRight(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n")
}
