package lab_test

import (
	"testing"

	"peerlab/e2e/lab"
)

// A scenario: a server and a client are started, a line typed at one appears on the screen of the other, the server is killed
// and started again. What plays the role "room-server" is decided outside, by PEERLAB_E2E and PEERLAB_ROOM_SERVER.
func Example() {
	scenario := func(t *testing.T) {
		l := lab.New(t)
		at := l.Address()
		server := l.Start(lab.Spec{Name: "room-server", Args: []string{"-listen", at}})
		server.Listens(at)

		one := l.Start(lab.Spec{Name: "room-client1", Role: "room-client", Args: []string{"-server", at}})
		one.Sees("Connection with the server has been established")
		two := l.Start(lab.Spec{Name: "room-client2", Role: "room-client", Args: []string{"-server", at}})
		two.Types("hello")
		one.Contains(": hello")

		server.Kill()
		one.Exits(1)
		server.Start()
		server.Listens(at)
	}
	_ = scenario // go test calls it as a test function
}
