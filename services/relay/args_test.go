package relay

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

func TestArgumentsOfANode(t *testing.T) {
	c := NodeConfig{Listen: "127.0.0.1:0"}
	require.NoError(t, c.Parse([]string{"127.0.0.1", "4100"}))
	require.Equal(t, "127.0.0.1:4100", c.Relay)
	c = NodeConfig{Listen: "127.0.0.1:0"}
	require.NoError(t, c.Parse([]string{"::1", "4100"}))
	require.Equal(t, "[::1]:4100", c.Relay)
	for want, test := range map[string]struct {
		c    NodeConfig
		args []string
	}{
		"give RELAY_HOST RELAY_PORT":                {NodeConfig{}, nil},
		"such as 127.0.0.1 4100":                    {NodeConfig{}, []string{"127.0.0.1"}},
		`RELAY_PORT: "x" is not a port`:             {NodeConfig{}, []string{"127.0.0.1", "x"}},
		`RELAY_PORT: "70000" is not a port`:         {NodeConfig{}, []string{"127.0.0.1", "70000"}},
		"RELAY_PORT is 0":                           {NodeConfig{}, []string{"127.0.0.1", "0"}},
		"RELAY_HOST is empty":                       {NodeConfig{}, []string{"", "4100"}},
		`"more" is one argument too many`:           {NodeConfig{}, []string{"127.0.0.1", "4100", "more"}},
		`"7001" is not an address; write HOST:PORT`: {NodeConfig{Listen: "7001"}, []string{"127.0.0.1", "4100"}},
	} {
		require.ErrorContains(t, test.c.Parse(test.args), want)
	}
}

func TestArgumentsOfAFetch(t *testing.T) {
	var c FetchCommand
	require.NoError(t, c.Parse([]string{"127.0.0.1", "4100"}))
	require.True(t, c.Prompts())
	require.NoError(t, c.Parse([]string{"127.0.0.1", "4100", "a", "two words"}))
	require.Equal(t, []string{"a", "two words"}, c.Names)
	require.False(t, c.Prompts())
	c = FetchCommand{List: true}
	require.NoError(t, c.Parse([]string{"127.0.0.1", "4100"}))
	require.False(t, c.Prompts())
	require.ErrorContains(t, c.Parse([]string{"127.0.0.1", "4100", "a", "b"}), `-list lists all files; omit "a b"`)
	require.ErrorContains(t, c.Parse(nil), "give RELAY_HOST RELAY_PORT")
}

func TestFetchCommandRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		n := l.node("a", "1", "b", "2")
		run := func(c FetchCommand) (string, error) {
			out := &recorder{}
			c.Relay, c.Out, c.Err, c.Log, c.Dial = l.relay.Addr(), out, out, l.logger(), l.dialer()
			keys := make(keyboard, 1)
			keys <- "b"
			close(keys)
			err := c.Run(t.Context(), keys)
			return out.String(), err
		}
		for want, c := range map[string]FetchCommand{
			"1":  {Names: []string{"a"}},
			"12": {Names: []string{"a", "b"}},
			"2":  {},
			n.Addr() + "            1 a\n" + n.Addr() + "            1 b\n": {List: true},
		} {
			got, err := run(c)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		_, err := run(FetchCommand{FetchConfig: FetchConfig{Dir: "/dev/null/x"}})
		require.ErrorContains(t, err, "/dev/null")
	})
}

func TestHealth(t *testing.T) {
	l := newLab(t, nil)
	n := l.node()
	well := NodeConfig{Relay: l.relay.Addr(), Listen: n.Addr()}
	require.NoError(t, well.Probe(t.Context()))
	anywhere := NodeConfig{Relay: l.relay.Addr(), Listen: "127.0.0.1:0"}
	require.NoError(t, anywhere.Probe(t.Context()))
	fetch := FetchCommand{FetchConfig: FetchConfig{Relay: l.relay.Addr()}}
	require.NoError(t, fetch.Probe(t.Context()))
	n.stop()
	require.Error(t, well.Probe(t.Context()))
	l.stopRelay()
	require.Error(t, anywhere.Probe(t.Context()))
	require.Error(t, fetch.Probe(t.Context()))
	require.Error(t, (&NodeConfig{Listen: "x"}).Probe(t.Context()))

	silent := l.listen()
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, (&Config{Listen: silent.Addr().String()}).Probe(ctx), "timeout")
}
