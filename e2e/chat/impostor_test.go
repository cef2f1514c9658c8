package chat

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// echo listens at an address and sends everything back, until it is stopped.
func echo(t *testing.T, n stage.Network, address string) (stop func()) {
	t.Helper()
	ln, err := n.Listen(address)
	require.NoError(t, err)
	stop = func() { _ = ln.Close() }
	t.Cleanup(stop)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return stop
}

// web is an HTTP server at an address.
func web(t *testing.T, n stage.Network, address string) {
	t.Helper()
	ln, err := n.Listen(address)
	require.NoError(t, err)
	s := &httptest.Server{Listener: ln, Config: &http.Server{Handler: http.NotFoundHandler()}}
	s.Start()
	t.Cleanup(s.Close)
}

func TestAnotherProgramAtARegisteredPortIsNoReconnect(t *testing.T) {
	c := stage.StartChat(t, 4)
	c.Server.Kill()
	c.Clients[3].Kill()
	c.Clients[4].Kill()
	stopEcho := echo(t, c, c.Ports[3].Address())
	web(t, c, c.Ports[4].Address())
	f, err := os.OpenFile(c.Registry(), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	fmt.Fprintf(f, "7 %s\n8 %s\n", c.Ports[1].Address(), c.At) // client 1's port, and the server's own
	require.NoError(t, f.Close())

	c.Mark()
	c.Server.Start()
	c.Server.Sees(stage.ClientLines(stage.IDs(2), "reconnected")...)
	c.AllTalk("where are the others")
	c.Barrier().On(c.Server).Never(stage.ClientLines([]int{3, 4, 7, 8}, "reconnected")...)

	stopEcho()
	c.Clients[3].Start()
	for _, p := range []*lab.Process{c.Clients[1], c.Clients[2], c.Clients[3]} {
		p.SeesOnce("Client 3: initiated.")
	}
	c.AllTalk("there is one")
	c.Barrier().On(c.Server).Never(stage.ClientLines([]int{4, 7, 8}, "reconnected")...)
	// Both are right: it is new, and it is back where the registry has it.
	met := c.Server.Count("Client 3: initiated.") + c.Server.Count("Client 3: reconnected")
	assert.Equal(t, 1, met, "the server meets client 3 once")
}

func TestAClientThatWasDeafIsReconnected(t *testing.T) {
	c := stage.StartChat(t, 2)
	c.Server.Kill()
	c.Clients[2].Pause() // alive, but deaf
	c.Mark()
	c.Server.Start()
	c.Server.Sees("Client 1: reconnected")
	c.Clients[2].Resume()
	c.Server.Sees("Client 2: reconnected")
	c.AllReconnect(2)
}
