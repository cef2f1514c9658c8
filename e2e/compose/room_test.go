package compose

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// As its user does: docker compose --profile room up, and two terminals.
func TestRoom(t *testing.T) {
	c := stage.NewCompose(t, stage.ComposeFile, []string{"room"}, "room-server", "room-client1", "room-client2")
	t.Setenv("TZ", "Asia/Kathmandu") // fault O4: five hours and three quarters ahead of UTC, the whole year
	c.Up()
	c.Follow("room-server")
	come := 0
	c.Logs["room-server"].Collects(func() string { return "that two clients are connected" }, func(l lab.Line) bool {
		if _, clock, ok := strings.Cut(strings.TrimSpace(l.Text), " connected at time "); ok {
			come++
			at, err := time.Parse("2006-01-02 15:04:05.000000", clock)
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now().Add(5*time.Hour+45*time.Minute), at, stage.ComposeTimeout)
		}
		return come == 2
	})
	one, two := c.Attach("room-client1"), c.Attach("room-client2")
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
	c.Follow("room-client1")
	c.Logs["room-client1"].Contains("Two at ")
	c.Logs["room-client1"].Contains(": half a line")
}
