package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// As its user does: docker compose --profile room up, and two terminals.
func TestComposeRoom(t *testing.T) {
	if !lab.InContainers() {
		lab.LeaveOut(t, "it is of compose.yaml, and runs with PEERLAB_E2E=container")
	}
	c := &composed{Lab: lab.New(t, lab.Playing("docker", "cmd:docker")), t: t, logs: map[string]*lab.Process{}}
	file, err := filepath.Abs("../compose.yaml")
	require.NoError(t, err)
	c.words = []string{"docker", "compose", "--file", file, "--project-name", c.Project(), "--profile", "room"}
	t.Setenv("ROOM_PORT", c.Port())
	t.Setenv("TZ", "Asia/Kathmandu") // fault O4: five hours and three quarters ahead of UTC, the whole year
	services := []string{"room-server", "room-client1", "room-client2"}
	t.Cleanup(func() {
		for _, service := range services { // see Undisturbed: not all at once
			c.ends("stop", "--timeout", "3", service)
		}
		c.ends("down", "--volumes")
	})
	c.do(append([]string{"up", "--detach", "--no-build"}, services...)...)
	c.follow("room-server")
	come := 0
	c.logs["room-server"].Collects(func() string { return "that two clients are connected" }, func(l lab.Line) bool {
		if _, clock, ok := strings.Cut(strings.TrimSpace(l.Text), " connected at time "); ok {
			come++
			at, err := time.Parse("2006-01-02 15:04:05.000000", clock)
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now().Add(5*time.Hour+45*time.Minute), at, composeTimeout)
		}
		return come == 2
	})
	one, two := c.attach("room-client1"), c.attach("room-client2")
	one.Types("/nick One\r")
	one.Reads("You are now known as One", "You:")
	two.Types("/nick Two\r")
	two.Reads("You are now known as Two", "You:")

	two.Types("half a li")
	two.Reads("You: half a li")
	one.Types("/nick Uno\r")
	two.Reads("[One] is now known as Uno", "You: half a li")
	two.Types("ne\r")
	two.Reads("You: half a line", "You:")
	c.follow("room-client1")
	c.logs["room-client1"].Contains("Two at ")
	c.logs["room-client1"].Contains(": half a line")
}
