package relay

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// This test runs a node and a relay as the commands do, on the loopback interface.
func TestANodeAndARelay(t *testing.T) {
	l := newLab(t, nil)
	r, err := Listen(Config{Listen: "127.0.0.1:0", Log: l.logger()})
	require.NoError(t, err)
	stopRelay := l.runs(func(ctx context.Context) { assert.NoError(t, r.Serve(ctx)) })
	dir := folderOf(t, "a", "content")
	config := NodeConfig{ID: idA, Dir: dir, Listen: "127.0.0.1:0", Relay: r.Addr(), Log: l.logger()}
	n, err := ListenNode(config)
	require.NoError(t, err)
	stop := l.runs(func(ctx context.Context) { assert.NoError(t, n.Serve(ctx)) })

	// The node is registered a moment after it has begun to listen.
	require.Eventually(t, func() bool { return len(r.leases.list()) == 1 }, testTime, testTick)
	r.leases.lists(t, n.Addr())
	c := l.client(func(c *FetchConfig) { c.Relay = r.Addr() })
	c.gets(t, "a", "content")

	config.Listen = n.Addr()
	_, err = ListenNode(config)
	require.ErrorContains(t, err, "the port is taken")
	_, err = Listen(Config{Listen: r.Addr(), Log: l.logger()})
	require.ErrorContains(t, err, "the port is taken")
	config.Dir = dir + "/missing"
	_, err = ListenNode(config)
	require.ErrorContains(t, err, "missing: no such file or directory; give the folder to serve with -dir")

	stop()
	r.leases.lists(t) // the node has withdrawn
	stopRelay()
}

// The relay lists a node at the address that its connection comes from. It lists
// another address only if the same node answers there.
func TestANodeAtAnotherAddress(t *testing.T) {
	l := newLab(t, nil)
	config := NodeConfig{ID: idA, Dir: folderOf(t), Listen: "127.0.0.2:0", Relay: l.relay.Addr(), Log: l.logger()}
	n, err := ListenNode(config)
	require.NoError(t, err)
	l.runs(func(ctx context.Context) { assert.NoError(t, n.Serve(ctx)) })
	require.Eventually(t, func() bool { return len(l.relay.leases.list()) == 1 }, testTime, testTick)
	l.relay.leases.lists(t, n.Addr())
	require.Empty(t, l.log.warnings())

	_, in := l.asks(l.relay.Addr(), "REGISTER "+idB+" "+n.Addr())
	_, port, err := splitAddr(n.Addr())
	require.NoError(t, err)
	receives(t, in, "OK 127.0.0.1:"+port+" 15\n")
}

// A node that is stopped closes the connections of its requests at once.
func TestANodeStopsDuringTransfers(t *testing.T) {
	l := newLab(t, nil)
	n := l.node("a", noise(50<<20, 60))
	for range 10 {
		_, in := l.asks(n.Addr(), "GET 0 - - a")
		receives(t, in, "SEND 52428800 ")
	}
	n.stop()
}

// A node that listens on all interfaces registers only its port; the relay adds the
// host.
func TestTheAddressThatANodeRegisters(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:0": `^127\.0\.0\.1:\d+$`, "127.0.0.2:0": `^127\.0\.0\.2:\d+$`, "localhost:0": `^127\.0\.0\.1:\d+$`,
		"0.0.0.0:0": `^:\d+$`, ":0": `^:\d+$`,
	} {
		n, err := ListenNode(NodeConfig{Dir: t.TempDir(), Listen: listen})
		require.NoError(t, err)
		assert.Regexp(t, want, n.address(), listen)
		n.ln.Close()
		n.folder.close()
	}
}
