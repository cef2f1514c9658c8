package processes

import (
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// Fault U7: with port 0 no process but order-server and room-server said where it
// listens. Each logs its address, once, after the listen has succeeded.
func TestEveryProcessSaysWhereItListens(t *testing.T) {
	lab.NeedsOwn(t, "server", "client", "relay", "node", "order-server", "room-server")
	listening := regexp.MustCompile(`^INF listening on (127\.0\.0\.1:\d+)$`)
	lab.Parallel(t)
	l := lab.New(t)
	nowhere := l.Port()
	for role, args := range map[string][]string{
		"server":       {"-listen", "127.0.0.1:0"},
		"client":       {"-server", "127.0.0.1:" + nowhere, "1", "0", "0"},
		"relay":        {"0"},
		"node":         {"127.0.0.1", nowhere},
		"order-server": {"-listen", "127.0.0.1:0"},
		"room-server":  {"-listen", "127.0.0.1:0"},
	} {
		p := l.Start(lab.Spec{Name: role, Args: args})
		line := p.Stderr().Contains("listening on ")
		at := listening.FindStringSubmatch(line)
		require.NotNil(t, at, "%v: %q", p, line)
		conn, err := l.Dial(at[1])
		require.NoError(t, err, "%v", p)
		require.NoError(t, conn.Close())
		assert.Zero(t, p.Count(line), "%v: the screen is not for that", p)
		p.Signal(syscall.SIGTERM)
		p.Exits(0)
		count := 0
		for _, line := range p.Stderr().Lines() {
			if strings.Contains(line.Text, "listening on ") {
				count++
			}
		}
		assert.Equal(t, 1, count, "%v", p)
	}
}

// Fault U8: a flag that follows an argument counted as an argument.
func TestFlagsAfterArguments(t *testing.T) {
	lab.NeedsOwn(t, "order-client")
	c := stage.NewOrder(t)
	c.StartServer(1)
	x := c.Start(lab.Spec{Name: "x", Role: "order-client", Args: []string{"X", "-server", c.At, "Ahnaf"}})
	y := c.Start(lab.Spec{Name: "y", Role: "order-client", Args: []string{"-server", c.At, "--", "Y", "-server"}})
	x.Exits(0)
	y.Exits(0)
	x.Sees("Client X: Ahnaf")
	y.Sees("Client Y: -server")

	for _, args := range [][]string{{"X", "-y", "-server", c.At}, {"-1", "Ahnaf", "-server", c.At}} {
		p := c.Start(lab.Spec{Name: "wrong" + args[0], Role: "order-client", Args: args})
		p.Exits(2)
		p.Stderr().Contains("; an argument that begins with - goes after --")
		require.Len(t, p.Stderr().Lines(), 1)
	}
}
