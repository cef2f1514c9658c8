package compose

import (
	"fmt"
	"testing"

	"peerlab/e2e/stage"
)

func TestChat(t *testing.T) {
	c := startChat(t)
	everyone, clients := c.Services, c.Services[1:]
	for _, id := range stage.IDs(5) {
		c.Shows(fmt.Sprintf("Client %d: initiated.", id), everyone...)
	}

	one, two := c.Attach("client1"), c.Attach("client2")
	one.Types("hello from one\r")
	c.Shows("Client 1: hello from one", "server", "client2", "client3", "client4", "client5")
	two.Reads("Client 1: hello from one")

	one.Types("half a li")
	one.Reads("half a li")
	two.Types("incoming\r")
	one.Reads("Client 2: incoming", "half a li")
	one.Types("ne\r")
	c.Shows("Client 1: half a line", "server", "client2", "client3")

	one.Types("\x10\x11") // Ctrl-P Ctrl-Q
	t.Log("detaching has attach end with status", one.Ends())
	two.Types("is one still there?\r")
	c.Shows("Client 2: is one still there?", "client1")
	one = c.Attach("client1")
	one.Types("here I am\r")
	two.Reads("Client 1: here I am")

	c.Ends("kill", "server")
	two.Types("no server now\r")
	c.Shows("Client 2: no server now", "client1", "client3", "client4", "client5")
	c.Logs["server"].Exits(0) // who follows a log is done when the container has ended
	c.Do("start", "server")
	c.Logs["server"].Start()
	c.Shows("Server: initiated", clients...)
	for _, id := range stage.IDs(5) {
		c.Shows(fmt.Sprintf("Client %d: reconnected", id), "server")
	}
	two.Reads("Server: initiated")
}

// startChat starts the server and five clients.
func startChat(t *testing.T) *stage.Compose {
	t.Helper()
	services := []string{"server"}
	for _, id := range stage.IDs(5) {
		services = append(services, fmt.Sprintf("client%d", id))
	}
	c := stage.NewCompose(t, stage.ComposeFile, nil, services...)
	c.Up()
	for _, service := range services {
		c.Follow(service)
	}
	return c
}
