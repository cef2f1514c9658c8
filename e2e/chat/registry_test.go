package chat

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

func TestTheRegistryListsWhoIsIn(t *testing.T) {
	c := stage.NewChat(t)
	c.StartServer()
	for _, id := range stage.IDs(4) {
		c.StartClients(id)
		c.Clients[id].Sees(fmt.Sprintf("Client %d: initiated.", id))
		content, err := os.ReadFile(c.Registry())
		require.NoError(t, err)
		assert.True(t, c.Registered(id)(string(content)), "written before the client is told that it is in, not:\n%s", content)
	}
	c.Clients[1].Types("/quit")
	c.Clients[2].Signal(syscall.SIGTERM)
	c.Clients[3].Kill()
	c.FileHolds(c.Registry(), "client 1 has quit", not(c.Registered(1)))
	c.FileHolds(c.Registry(), "client 2 was told to end", not(c.Registered(2)))
	c.FileHolds(c.Registry(), "client 3 was killed and stays", c.Registered(3))
	c.FileHolds(c.Registry(), "client 4 is there", c.Registered(4))
}

func TestALostRegistryHeals(t *testing.T) {
	c := stage.StartChat(t, 3)
	c.Server.Kill()
	require.NoError(t, os.Remove(c.Registry()))
	c.Mark()
	c.Server.Start()
	c.AllReconnect(3)
	for _, id := range stage.IDs(3) {
		c.FileHolds(c.Registry(), fmt.Sprintf("client %d is there again", id), c.Registered(id))
	}
	c.AllTalk("back from nothing")
}

func TestARegistryOnAFullDiskIsWrittenWhenThereIsRoom(t *testing.T) {
	lab.NeedsOwn(t, "server")
	c := stage.StartChat(t, 2)
	c.Server.DiskFull()
	c.StartClients(3)
	c.Introduced(3)
	c.Server.Stderr().Contains("registry")
	c.AllTalk("no room")
	c.FileHolds(c.Registry(), "what was there before, whole", func(content string) bool {
		return c.Registered(1)(content) && c.Registered(2)(content) && not(c.Registered(3))(content)
	})

	c.Server.DiskFree()
	c.StartClients(4)
	c.Introduced(4)
	for _, id := range stage.IDs(4) {
		c.FileHolds(c.Registry(), fmt.Sprintf("client %d is there, too", id), c.Registered(id))
	}
	c.Server.Kill()
	c.Mark()
	c.Server.Start()
	c.AllReconnect(4)
}

func not(is func(content string) bool) func(content string) bool {
	return func(content string) bool { return !is(content) }
}

// A user may give the name of a host; members are told its number.
func TestAHostGivenByItsName(t *testing.T) {
	lab.NeedsOwn(t, "server", "client")
	c := stage.StartChat(t, 1)
	c.ClientFlags[2] = []string{"-host", "localhost"}
	c.StartClients(2)
	c.Introduced(2)
	registry, err := os.ReadFile(c.Registry())
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^2 127\.0\.0\.1:\d+$`, string(registry))
}
