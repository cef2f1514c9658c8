package e2e

import (
	"fmt"
	"testing"
)

func TestComposeAsItsUserDoes(t *testing.T) {
	c := composeUp(t)
	everyone, clients := c.services, c.services[1:]
	for _, id := range ids(5) {
		c.shows(fmt.Sprintf("Client %d: initiated.", id), everyone...)
	}

	one, two := c.attach("client1"), c.attach("client2")
	one.Types("hello from one\r")
	c.shows("Client 1: hello from one", "server", "client2", "client3", "client4", "client5")
	two.Reads("Client 1: hello from one")

	one.Types("half a li")
	one.Reads("half a li")
	two.Types("incoming\r")
	one.Reads("Client 2: incoming", "half a li")
	one.Types("ne\r")
	c.shows("Client 1: half a line", "server", "client2", "client3")

	one.Types("\x10\x11") // Ctrl-P Ctrl-Q
	t.Log("detaching has attach end with status", one.Ends())
	two.Types("is one still there?\r")
	c.shows("Client 2: is one still there?", "client1")
	one = c.attach("client1")
	one.Types("here I am\r")
	two.Reads("Client 1: here I am")

	c.ends("kill", "server")
	two.Types("no server now\r")
	c.shows("Client 2: no server now", "client1", "client3", "client4", "client5")
	c.logs["server"].Exits(0) // who follows a log is done when the container has ended
	c.do("start", "server")
	c.logs["server"].Start()
	c.shows("Server: initiated", clients...)
	for _, id := range ids(5) {
		c.shows(fmt.Sprintf("Client %d: reconnected", id), "server")
	}
	two.Reads("Server: initiated")
}
