package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// echo listens at an address and sends everything back, until it is stopped.
func echo(t *testing.T, n network, address string) (stop func()) {
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
func web(t *testing.T, n network, address string) {
	t.Helper()
	ln, err := n.Listen(address)
	require.NoError(t, err)
	s := &http.Server{Handler: http.NotFoundHandler()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
}

func TestWhoeverHoldsARegisteredPortIsNoReconnect(t *testing.T) {
	c := startChat(t, 4)
	c.server.Kill()
	c.clients[3].Kill()
	c.clients[4].Kill()
	stopEcho := echo(t, c, c.seats[3].address())
	web(t, c, c.seats[4].address())
	f, err := os.OpenFile(c.registry(), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	fmt.Fprintf(f, "7 %s\n8 %s\n", c.seats[1].address(), c.at) // client 1's port, and the server's own
	require.NoError(t, f.Close())

	c.Mark()
	c.server.Start()
	c.server.Sees(c.lines(ids(2), "reconnected")...)
	c.everyoneTalks("where are the others")
	c.settled().On(c.server).Never(c.lines([]int{3, 4, 7, 8}, "reconnected")...)

	stopEcho()
	c.clients[3].Start()
	for _, p := range []*lab.Process{c.clients[1], c.clients[2], c.clients[3]} {
		p.SeesOnce("Client 3: initiated.")
	}
	c.everyoneTalks("there is one")
	c.settled().On(c.server).Never(c.lines([]int{4, 7, 8}, "reconnected")...)
	// Both are right: it is new, and it is back where the registry has it.
	met := c.server.Count("Client 3: initiated.") + c.server.Count("Client 3: reconnected")
	assert.Equal(t, 1, met, "the server meets client 3 once")
}

func TestAClientThatWasDeafIsReconnected(t *testing.T) {
	c := startChat(t, 2)
	c.server.Kill()
	c.clients[2].Pause() // alive, but deaf
	c.Mark()
	c.server.Start()
	c.server.Sees("Client 1: reconnected")
	c.clients[2].Resume()
	c.server.Sees("Client 2: reconnected")
	c.everyoneReconnects(2)
}
