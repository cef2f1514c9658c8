package e2e

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// impersonate links to a member under a name that belongs to another process, sends
// one line and keepalives, and returns a function that waits for the last line of
// the answer.
func impersonate(t *testing.T, n network, name, listens, state, at string) (refusal func() string) {
	t.Helper()
	s, _ := member(t, n, at, fmt.Sprintf("%s %d %s %s 0", name, time.Now().UnixMicro(), listens, state))
	require.NoError(t, s.SetDeadline(time.Time{}))
	_, err := fmt.Fprintf(s, "MSG %s 1 it is me\n", name)
	require.NoError(t, err)
	over := make(chan struct{})
	go func() {
		for {
			select {
			case <-time.After(time.Second):
				_, _ = io.WriteString(s, "\n") // fails when the member has closed
			case <-over:
				return
			}
		}
	}()
	return func() string {
		defer close(over)
		require.NoError(t, s.SetReadDeadline(time.Now().Add(strangerTimeout)))
		lines := strings.Split(strings.TrimSuffix(s.answer(t), "\n"), "\n")
		return lines[len(lines)-1]
	}
}

// owns is the notice that a name belongs to the process at an address.
func owns(who, at string) string {
	return fmt.Sprintf("* %s is now the process at %s; another one had its name", who, at)
}

func TestAStoppedClientGetsItsNameBackFromAnother(t *testing.T) {
	lab.NeedsOwn(t, "server", "client")
	c := startChat(t, 3)
	c.clients[2].Pause()
	others := []*lab.Process{c.server, c.clients[1], c.clients[3]}
	var refusals []func() string
	for _, at := range []string{c.at, c.seats[1].address(), c.seats[3].address()} {
		refusals = append(refusals, impersonate(t, c, "2", "127.0.0.1:9", "new", at))
	}
	for _, p := range others {
		p.Sees("Client 2: initiated.", "Client 2: it is me")
	}
	c.Mark()
	c.clients[2].Resume()
	for i, p := range others {
		p.Sees(owns("Client 2", c.seats[2].address()))
		assert.Equal(t, "ERR taken Client 2 is at "+c.seats[2].address()+"; stop it, or choose another ID", refusals[i]())
	}
	c.everyoneTalks("who was that")
	c.settled().On(others...).Never("Client 2: initiated.", "Client 2: reconnected", "Client 2: terminated.")
}

func TestWhatAnswersAtTheAddressOfTheServerIsTheServer(t *testing.T) {
	lab.NeedsOwn(t, "server", "client")
	c := startChat(t, 3)
	c.server.Kill()
	clients := c.up()
	var refusals []func() string
	for id := range clients {
		refusals = append(refusals, impersonate(t, c, "server", c.at, "in", c.seats[id+1].address()))
	}
	for _, p := range clients {
		p.Sees("Server: initiated", "Server: it is me")
	}
	c.Mark()
	c.server.Start()
	c.server.Sees(c.lines(ids(3), "reconnected")...)
	for i, p := range clients {
		p.SeesInOrder(owns("Server", c.at), "Server: initiated")
		assert.Equal(t, "ERR taken Server is at "+c.at+"; stop it, or choose another ID", refusals[i]())
	}
	c.everyoneTalks("that is the server")
	c.settled().Never("Server: terminated.")
}
