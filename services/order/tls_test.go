package order

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
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

// Rounds with TLS: of two messages the one whose bytes arrived first is the first, although
// its connection is the later one.
func TestARoundWithTLS(t *testing.T) {
	ca := certs.Dir(t.TempDir())
	s, err := Listen(ServerConfig{Listen: "127.0.0.1:0", Rounds: 0, Screen: newRecorder(), Log: slog.New(slog.DiscardHandler), TLS: secured(t, ca, "order-server")})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- s.Serve(ctx) }()
	id, err := secured(t, ca, "order-client-x").Open(slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	dial := func() duplex {
		conn, err := id.Dial("order-server")(t.Context(), s.Addr())
		require.NoError(t, err)
		return conn.(duplex)
	}
	for range 20 {
		x, y := dial(), dial()
		for _, sends := range []struct {
			conn    duplex
			message string
		}{{y, "Client Y: Ahnaf\n"}, {x, "Client X: Ahnaf"}} {
			_, err := io.WriteString(sends.conn, sends.message)
			require.NoError(t, err)
		}
		require.NoError(t, x.CloseWrite())
		for conn, end := range map[duplex]string{x: "", y: "\n"} {
			verdict, err := io.ReadAll(conn)
			require.NoError(t, err)
			assert.Equal(t, "Y: Ahnaf received before X: Ahnaf"+end, string(verdict))
			require.NoError(t, conn.Close())
		}
	}
	require.NoError(t, Probe(t.Context(), secured(t, ca, "order-server"), s.Addr()))

	c := Client{Server: s.Addr(), Name: "X", Text: "Ahnaf", Screen: newRecorder(), Log: slog.New(slog.DiscardHandler)}
	require.ErrorContains(t, c.Run(t.Context()), "this process accepts only TLS")
	require.NoError(t, ca.Issue("order-client-y", -time.Minute))
	c.TLS, c.Dial = mtls.Flags{Dir: filepath.Join(string(ca), "order-client-y")}, nil
	require.ErrorContains(t, c.Run(t.Context()), "the other side refuses this process: the certificate of order-client-y has expired")
	stop()
	require.NoError(t, <-over)
}

// The times are the kernel's, also with TLS: bytes that were read late are as old as they are.
func TestTheTimeWithTLSIsTheKernels(t *testing.T) {
	b := newBench(t)
	ca := certs.Dir(t.TempDir())
	server, err := secured(t, ca, "order-server").Open(slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	client, err := secured(t, ca, "order-client-x").Open(slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	s := &Server{tls: server}
	b.listener.secure = true
	accepted := make(chan *clientConn, 1)
	go func() {
		conn, err := b.listener.Accept()
		if assert.NoError(t, err) {
			accepted <- s.secure(context.Background(), conn.(*clientConn))
		}
	}()
	conn, err := client.Dial("order-server")(t.Context(), b.listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	c := <-accepted
	defer c.Close()
	before := time.Now().UnixNano()
	_, err = io.WriteString(conn, "Client X: Ahnaf\n")
	require.NoError(t, err)
	<-time.After(50 * time.Millisecond)
	_, err = b.listener.rounds.read(c, make([]byte, maxMessage))
	require.NoError(t, err)
	assert.Less(t, c.m.at-before, int64(25*time.Millisecond), "read 50 ms after its arrival")
	assert.Positive(t, c.m.at-before)
}
