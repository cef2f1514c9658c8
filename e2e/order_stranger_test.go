package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// Whoever says something else is told what to say, and is in no round.
func TestOrderStrangersAreToldTheForm(t *testing.T) {
	c := openCourt(t, 1)
	x := c.said("Client X: Ahnaf\n")
	c.server.Sees("Message Received: Client X: Ahnaf")
	for _, said := range []string{
		"hello\n", "hello", "\n", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "Client X\n", "Client : Ahnaf\n", "client x: Ahnaf\n",
		"\x16\x03\x01\x02\x00\x01", "\xff\xfb\x1f", "PING x\n", strings.Repeat("x", 5000),
		"Client X: " + strings.Repeat("x", 498) + "\n", "Client ERR syntax: x\n",
		"Client Z: hello received before Q: bye\n", // fault O1
	} {
		answer := c.said(said).answer(t)
		assert.True(t, strings.HasPrefix(answer, "ERR syntax "), "%q, to %.80q", answer, said)
		assert.Equal(t, 1, strings.Count(answer, "\n"), "%q", answer)
	}
	y := c.said("Client Y: Ahnaf\n")
	c.hears(x, "X: Ahnaf received before Y: Ahnaf\n")
	c.hears(y, "X: Ahnaf received before Y: Ahnaf\n")
	c.ends(c.server, 0, orderReady,
		"Message Received: Client X: Ahnaf", "Message Received: Client Y: Ahnaf", "Sent acknowledgment to both X and Y")
}

// What others say can't steer a terminal, the server's or a client's.
func TestOrderTextCannotSteer(t *testing.T) {
	c := openCourt(t, 1)
	x := c.client("X", "Ahnaf")
	c.server.Sees("Message Received: Client X: Ahnaf")
	y := c.said("Client Y\x1b[2J: a\x00b\t\x9b31m \xc2\x9b \xe2\x80\xae\x7f\rend\r\n")
	const shown = `Y\x1b[2J: a\x00b\t\x9b31m \u009b \u202e\x7f\x0dend`
	c.hears(y, "X: Ahnaf received before "+shown+"\n")
	c.ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before "+shown)
	c.ends(c.server, 0, orderReady,
		"Message Received: Client X: Ahnaf", "Message Received: Client "+shown, `Sent acknowledgment to both X and Y\x1b[2J`)
}

// A server that is none of ours can't steer a client's terminal either.
func TestOrderAServerThatIsNone(t *testing.T) {
	lab.NeedsOwn(t, "order-client")
	c := newCourt(t)
	ln, err := c.Listen(c.at)
	require.NoError(t, err)
	defer ln.Close()
	for i, test := range []struct {
		says  string
		exits int
		shows []string
	}{
		{"X: Ahnaf received before Y: Ahnaf", 0, []string{"X: Ahnaf received before Y: Ahnaf"}},
		{"\x1b[2J\nmore", 0, []string{`\x1b[2J`}},
		{"ERR full no\x1b[2J room\n", 1, nil},
		{"", 1, nil},
		{strings.Repeat("x", 1<<20), 1, nil},
	} {
		x := c.client("X", fmt.Sprint(i))
		conn, err := ln.Accept()
		require.NoError(t, err)
		own := fmt.Sprintf("Client X: %d", i)
		got := make([]byte, len(own)+1)
		_, err = io.ReadFull(conn, got)
		require.NoError(t, err)
		require.Equal(t, own+"\n", string(got))
		_, _ = conn.Write([]byte(test.says)) // the client may close before it has taken all,
		_ = conn.(*net.TCPConn).CloseWrite() // and then there is nothing to close any more
		c.ends(x, test.exits, append([]string{own}, test.shows...)...)
		assert.Len(t, x.Stderr().Lines(), test.exits, "one line says why there is no verdict")
		for _, line := range x.Stderr().Lines() {
			assert.NotContains(t, line.Text, "\x1b")
		}
		require.NoError(t, conn.Close())
	}
}

func TestOrderACrowdKeepsNobodyOut(t *testing.T) {
	c := openCourt(t, 1)
	x := c.client("X", "Ahnaf")
	c.server.Sees("Message Received: Client X: Ahnaf")
	for range strangers {
		callIn(t, c, c.at)
	}
	y := c.client("Y", "Ahnaf")
	c.ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.ends(y, 0, "Client Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.server.Exits(0)
}

func TestOrderTakesNoFlood(t *testing.T) {
	c := openCourt(t, 1)
	flood := callIn(t, c, c.at)
	const chunks = 100
	sent := make(chan int)
	go func() {
		n, chunk := 0, bytes.Repeat([]byte("x"), 1<<20)
		for ; n < chunks; n++ {
			if _, err := flood.Write(chunk); err != nil {
				break
			}
		}
		sent <- n
	}()
	first, err := flood.in.ReadString('\n')
	require.NoError(t, err)
	assert.Contains(t, first, "ERR syntax ")
	x, y := c.said("Client X: Ahnaf\n"), c.said("Client Y: Ahnaf\n")
	c.hears(x, "X: Ahnaf received before Y: Ahnaf\n")
	c.hears(y, "X: Ahnaf received before Y: Ahnaf\n")
	assert.Less(t, <-sent, chunks, "MB taken before the connection was closed")
	c.server.Exits(0)
}

func TestOrderWrongUsage(t *testing.T) {
	lab.NeedsOwn(t, "order-server", "order-client")
	c := newCourt(t)
	wrong := map[string][][]string{
		"order-server": {{"4400"}, {"-listen", "nowhere"}, {"-listen", "127.0.0.1:70000"}, {"-rounds", "-1"}, {"-rounds", "x"}, {"-round", "1"}},
		"order-client": {
			{},
			{"X"},
			{"X", "Ahnaf", "more"},
			{"", "Ahnaf"},
			{"X", "a\nb"},
			{"X\x1b", "a"},
			{"a: b", "c"},
			{"ERR", "c"},
			{"X", "hello received before Q: bye"}, // fault O1
			{"X", "-y"},
			{"X", strings.Repeat("x", 498)},
			{"-server", "nowhere", "X", "Ahnaf"},
			{"-sever", c.at, "X", "Ahnaf"},
		},
	}
	var specs []lab.Spec
	for role, all := range wrong {
		for i, args := range all {
			specs = append(specs, lab.Spec{Name: fmt.Sprintf("%s%d", role, i), Role: role, Args: args})
		}
	}
	for _, p := range c.StartAll(specs...) {
		c.ends(p, 2)
		assert.Len(t, p.Stderr().Lines(), 1, "%v says what is wrong", p)
	}
}

func TestOrderPortInUseIsNamed(t *testing.T) {
	lab.NeedsOwn(t, "order-server")
	c := openCourt(t, 0)
	second := c.Start(lab.Spec{Name: "second-server", Role: "order-server", Args: []string{"-listen", c.at}})
	c.ends(second, 1)
	second.Stderr().Contains(port(c.at))
	assert.Len(t, second.Stderr().Lines(), 1, "one line says what and what to do")
}

func TestOrderManuals(t *testing.T) {
	lab.NeedsOwn(t, "order-server", "order-client")
	c := newCourt(t)
	for _, role := range []string{"order-server", "order-client"} {
		help := c.Start(lab.Spec{Name: role + "-h", Role: role, Args: []string{"-h"}})
		help.Exits(0)
		lines := len(help.Lines())
		assert.True(t, 5 <= lines && lines <= 40, "%v: a manual on one screen, not %d lines", help, lines)
		help.Contains("Example")

		version := c.Start(lab.Spec{Name: role + "-version", Role: role, Args: []string{"-version"}})
		version.Exits(0)
		assert.Len(t, version.Lines(), 1)
	}
}
