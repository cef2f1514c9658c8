package relay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/stage"
)

func TestCallersAreAnsweredAndSentOff(t *testing.T) {
	r := stage.StartRelay(t)
	n := r.Join("node", r.NewFolder("node", stage.Files{"a.txt": "A\n"}))
	for _, address := range []string{r.At, n.At} {
		for _, text := range []string{
			"NODES\n", "GET 0 - - a.txt\n", "HELLO peerlab-relay/99\nNODES\n", "hello peerlab-relay/1\nNODES\n",
			stage.RelayHello + "HELLO\n", stage.RelayHello + "get 0 - - a.txt\n", stage.RelayHello + strings.Repeat("x", 5000) + "\n",
		} {
			c := stage.Call(t, r, address)
			c.Send(text)
			assert.True(t, strings.HasPrefix(c.Rest(), "ERR "), "%s, to %.80q", address, text)
		}
	}
	r.Fetched("a.txt", "A\n")
}

func TestHostileBytes(t *testing.T) {
	r := stage.StartRelay(t)
	n := r.Join("node", r.NewFolder("node", stage.Files{"a.txt": "A\n"}))
	stage.SendHostile(t, r, n.At, r.At) // the relay last: a lease is 15 seconds
	stage.Harmless(t, r.Server.Screen, r.Server.Stderr(), n.Screen, n.Stderr())
	// One has registered port 80 of another machine: the address it came from counts.
	assert.Equal(t, []string{n.At, "127.0.0.1:80"}, r.Listed())
	r.Fetched("a.txt", "A\n")
	assert.True(t, r.Server.Running())
	assert.True(t, n.Running())
}
