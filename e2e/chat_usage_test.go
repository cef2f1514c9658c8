package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// listenForOne listens in the server's place; the function it returns says
// where the first connection came from.
func (c *chat) listenForOne() (from func() string) {
	c.t.Helper()
	ln, err := c.Listen(c.at)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { _ = ln.Close() })
	return func() string {
		c.t.Helper()
		conn, err := ln.Accept()
		require.NoError(c.t, err)
		defer conn.Close()
		return conn.RemoteAddr().String()
	}
}

func TestWrongUsage(t *testing.T) {
	lab.NeedsOwn(t, "server", "client")
	c := newChat(t)
	port := c.Port()
	wrong := map[string][]string{
		"no arguments":      {},
		"two arguments":     {"1", port},
		"four arguments":    {"1", "0", port, "more"},
		"path as ID":        {"../x", "0", port},
		"empty ID":          {"", "0", port},
		"negative ID":       {"-1", "0", port},
		"ID with line end":  {"3\n", "0", port},
		"ID with a space":   {"3 4", "0", port},
		"same ports":        {"1", port, port},
		"port out of range": {"1", "0", "70000"},
		"PORT1 too high":    {"1", "65536", port},
		"no port":           {"1", "0", "http"},
		"unknown flag":      {"-sever", c.at, "1", "0", port},
		"server's address":  {"-server", "nowhere", "1", "0", port},
	}
	var specs []lab.Spec
	for name, args := range wrong {
		name = strings.NewReplacer(" ", "-", "'", "").Replace(name)
		specs = append(specs, lab.Spec{Name: name, Role: "client", Args: args})
	}
	specs = append(specs,
		lab.Spec{Name: "server-with-an-argument", Role: "server", Args: []string{"4000"}},
		lab.Spec{Name: "server-nowhere", Role: "server", Args: []string{"-listen", "nowhere"}})
	for _, spec := range specs {
		p := c.Start(spec)
		p.Exits(2)
		assert.NotEmpty(t, p.Stderr().Lines(), "%v says what is wrong", p)
		assert.Empty(t, p.Lines(), "%v: the screen is not for that", p)
	}
}

func TestAPortInUseIsNamed(t *testing.T) {
	lab.NeedsOwn(t, "server", "client")
	c := newChat(t)
	c.startServer()
	c.startClients(1)
	c.introduced(1)
	_, serverPort, _ := net.SplitHostPort(c.at)
	for _, taken := range []struct {
		spec lab.Spec
		port string
	}{
		{lab.Spec{Name: "second-server", Role: "server", Args: []string{"-listen", c.at}}, serverPort},
		{lab.Spec{Name: "second-client", Role: "client", Args: []string{"-server", c.at, "2", "0", c.seats[1].port2}}, c.seats[1].port2},
	} {
		p := c.Start(taken.spec)
		p.Exits(1)
		p.Stderr().Contains(taken.port)
		assert.Len(t, p.Stderr().Lines(), 1, "one line says what and what to do")
	}
	c.everyoneTalks("nobody noticed")
}

func TestManuals(t *testing.T) {
	lab.NeedsOwn(t, "server", "client")
	c := newChat(t)
	for _, role := range []string{"server", "client"} {
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

// Fault U4: a client at the address of another program than the server was silent for ever.
func TestAClientAtAnotherProgramSaysSo(t *testing.T) {
	lab.NeedsOwn(t, "client")
	c := newChat(t)
	echoing, other := c.Address(), c.Address()
	echo(t, c, echoing)
	web(t, c, other)
	for i, at := range []string{echoing, other} {
		p := c.Start(lab.Spec{Name: fmt.Sprint("client", i+1), Role: "client", Args: []string{"-server", at, fmt.Sprint(i + 1), "0", c.Port()}})
		p.Stderr().Contains(at + " answers, but not as the server of the chat; retrying: check -server")
		assert.Empty(t, p.Lines(), "%v: the screen is not for that", p)
	}
}
