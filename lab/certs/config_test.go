package certs

import (
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shake performs a handshake between the processes with these folders, the first of which
// dials agent and the other of which expects console, and returns what each says.
func shake(t *testing.T, dials, listens string) (dialled, listened error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	a, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	b, err := ln.Accept()
	require.NoError(t, err)
	client, err := Config(dials, "agent")
	require.NoError(t, err)
	server, err := Config(listens, "console")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		conn := tls.Server(b, server)
		err := conn.Handshake()
		if err == nil {
			_, err = conn.Write([]byte("x"))
		}
		_ = b.Close()
		done <- err
	}()
	conn := tls.Client(a, client)
	if dialled = conn.Handshake(); dialled == nil {
		_, dialled = io.ReadFull(conn, make([]byte, 1))
	}
	_ = a.Close()
	return dialled, <-done
}

func TestOnlyTheProcessWithThatNameIsSpokenWith(t *testing.T) {
	dir, foreign := Dir(t.TempDir()), Dir(t.TempDir())
	for _, name := range []string{"console", "agent", "client1"} {
		require.NoError(t, dir.Issue(name, time.Hour))
	}
	require.NoError(t, dir.Issue("old", -time.Minute))
	require.NoError(t, foreign.Issue("console", time.Hour))

	dialled, listened := shake(t, dir.path("console"), dir.path("agent"))
	require.NoError(t, dialled)
	require.NoError(t, listened)

	for _, c := range []struct{ dials, listens, dialled, listened string }{
		{dir.path("client1"), dir.path("agent"), "", "names [peerlab:client1], not peerlab:console"},
		{dir.path("console"), dir.path("client1"), "names [peerlab:client1], not peerlab:agent", ""},
		{foreign.path("console"), dir.path("agent"), "unknown authority", ""},
		{dir.path("old"), dir.path("agent"), "", "expired"},
	} {
		dialled, listened := shake(t, c.dials, c.listens)
		assert.Error(t, dialled)
		assert.Error(t, listened)
		if c.dialled != "" {
			assert.ErrorContains(t, dialled, c.dialled)
		}
		if c.listened != "" {
			assert.ErrorContains(t, listened, c.listened)
		}
	}

	require.NoError(t, dir.Revoke("console"))
	_, listened = shake(t, dir.path("console"), dir.path("agent"))
	require.ErrorContains(t, listened, "the certificate of console is revoked")
	require.NoError(t, dir.Issue("console", time.Hour))
	_, listened = shake(t, dir.path("console"), dir.path("agent"))
	require.NoError(t, listened)

	_, err := Config(t.TempDir(), "agent")
	require.ErrorContains(t, err, "make one with 'peerlab cert'")
}
