package relay

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/certs"
	"peerlab/services/internal/mtls"
)

// secured issues a certificate, and returns the flags to use it.
func secured(t *testing.T, ca certs.Dir, name string) mtls.Flags {
	t.Helper()
	require.NoError(t, ca.Issue(name, time.Hour))
	return mtls.Flags{Dir: filepath.Join(string(ca), name)}
}

// A file that fits into one write, and one that does not, from a node to a client.
func TestFilesWithTLS(t *testing.T) {
	l, ca := newLab(t, nil), certs.Dir(t.TempDir())
	relay := Config{Listen: "127.0.0.1:0", Log: l.logger(), TLS: secured(t, ca, "relay")}
	r, err := Listen(relay)
	require.NoError(t, err)
	l.runs(func(ctx context.Context) { assert.NoError(t, r.Serve(ctx)) })
	large := strings.Repeat("all of it\n", 1<<18)
	config := NodeConfig{ID: idA, Dir: folderOf(t, "a", "content", "large", large), Listen: "127.0.0.1:0", Relay: r.Addr(), Log: l.logger(), TLS: secured(t, ca, "node1")}
	n, err := ListenNode(config)
	require.NoError(t, err)
	stop := l.runs(func(ctx context.Context) { assert.NoError(t, n.Serve(ctx)) })
	require.Eventually(t, func() bool { return len(r.leases.list()) == 1 }, testTime, testTick)
	fetch := func(f mtls.Flags) *client {
		return l.client(func(c *FetchConfig) { c.Relay, c.TLS, c.Dial = r.Addr(), f, nil })
	}
	c := fetch(secured(t, ca, "client"))
	c.gets(t, "a", "content")
	c.gets(t, "large", large)

	relay.Listen, config.Listen = r.Addr(), n.Addr()
	require.NoError(t, relay.Probe(t.Context()))
	require.NoError(t, config.Probe(t.Context()))
	_, err = l.dialer().askFor(t.Context(), r.Addr(), "NODES", "NODES", 2)
	require.ErrorContains(t, err, "this process accepts only TLS: start the other one with -tls DIR")
	foreign := fetch(secured(t, certs.Dir(t.TempDir()), "client"))
	require.ErrorContains(t, foreign.File(t.Context(), "a"), "the certificate of relay is signed by another CA")

	stop()
	r.leases.lists(t) // the node has withdrawn
}

// A client at the address of a relay, or of a node, is not asked; and it registers no node.
func TestTheRolesAreThoseOfTheCertificates(t *testing.T) {
	l, ca := newLab(t, nil), certs.Dir(t.TempDir())
	r, err := Listen(Config{Listen: "127.0.0.1:0", Log: l.logger(), TLS: secured(t, ca, "client")})
	require.NoError(t, err)
	l.runs(func(ctx context.Context) { assert.NoError(t, r.Serve(ctx)) })
	c := l.client(func(c *FetchConfig) { c.Relay, c.TLS, c.Dial = r.Addr(), secured(t, ca, "client2"), nil })
	require.ErrorContains(t, c.File(t.Context(), "a"), "the certificate of client answers where relay was wanted")

	id, err := secured(t, ca, "client3").Open(l.logger())
	require.NoError(t, err)
	for _, request := range []string{"REGISTER " + idA + " :9", "WITHDRAW " + idA} {
		_, err = Dialer(id.Dial("")).askFor(t.Context(), r.Addr(), request, "OK", 0)
		require.ErrorContains(t, err, "is for nodes, and this is the certificate of client3: make one with 'peerlab cert node1'")
	}
}

func TestARelayForAllNeedsTLS(t *testing.T) {
	require.ErrorContains(t, (&Config{Listen: "0.0.0.0:4100"}).Parse(nil), "other machines can connect to 0.0.0.0:4100: give -tls DIR")
	require.ErrorContains(t, (&NodeConfig{Listen: ":7001"}).Parse([]string{"127.0.0.1", "4100"}), "other machines can connect to :7001: give -tls DIR")
}
