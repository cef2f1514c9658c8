package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCert(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	for _, c := range []struct {
		args   []string
		status int
		says   string // on stdout, or stderr
	}{
		{[]string{"-dir", dir, "server", "client1"}, done, "server: -tls " + dir + "/server, valid for 168h0m0s\nclient1: -tls " + dir + "/client1, valid for 168h0m0s\n"},
		{[]string{"-dir", dir, "-for", "1h", "relay"}, done, "relay: -tls " + dir + "/relay, valid for 1h0m0s\n"},
		{[]string{"-dir", dir, "-revoke", "client1"}, done, "client1: revoked; copy revoked.pem to processes on other machines\n"},
		{[]string{"-dir", dir, "-revoke", "node1"}, broken, "has issued no certificate for node1"},
		{[]string{"-dir", dir}, usage, "give the names of processes"},
		{[]string{"-dir", dir, "-for", "-1h", "server"}, usage, "a time in which a certificate is valid"},
		{[]string{"-dir", dir, "../x"}, broken, "is no name of a process"},
	} {
		var out, log bytes.Buffer
		assert.Equal(t, c.status, run(t.Context(), append([]string{"cert"}, c.args...), &out, &log), "%v", c.args)
		assert.Contains(t, out.String()+log.String(), c.says)
	}
	for _, name := range []string{"ca.pem", "cert.pem", "key.pem", "revoked.pem"} {
		require.FileExists(t, filepath.Join(dir, "client1", name))
	}
}
