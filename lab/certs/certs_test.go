package certs

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func parse(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	b, err := readPEM(path)
	require.NoError(t, err)
	c, err := x509.ParseCertificate(b)
	require.NoError(t, err)
	return c
}

func revoked(t *testing.T, path string, ca *x509.Certificate) (serials []string) {
	t.Helper()
	b, err := readPEM(path)
	require.NoError(t, err)
	list, err := x509.ParseRevocationList(b)
	require.NoError(t, err)
	require.NoError(t, list.CheckSignatureFrom(ca))
	for _, e := range list.RevokedCertificateEntries {
		serials = append(serials, e.SerialNumber.String())
	}
	return serials
}

func TestIssue(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "certs"))
	require.NoError(t, d.Issue("client1", time.Hour))
	ca := parse(t, d.path(caFile))
	require.NoError(t, d.Issue("server", time.Hour))
	assert.Equal(t, ca, parse(t, d.path(caFile)), "one CA for all")
	for _, name := range []string{"client1", "server"} {
		c := parse(t, d.path(name, "cert.pem"))
		require.NoError(t, c.CheckSignatureFrom(ca))
		assert.Equal(t, "peerlab:"+name, c.URIs[0].String())
		assert.WithinDuration(t, time.Now().Add(time.Hour), c.NotAfter, time.Minute)
		assert.Equal(t, ca, parse(t, d.path(name, caFile)))
	}
	for _, key := range []string{d.path(caKeyFile), d.path("client1", "key.pem")} {
		info, err := os.Stat(key)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode(), key)
	}
}

// The key of a CA is not replaced by that of a new one.
func TestACertificateOfTheCAThatIsMissing(t *testing.T) {
	d := Dir(t.TempDir())
	require.NoError(t, d.Issue("server", time.Hour))
	key, err := os.ReadFile(d.path(caKeyFile))
	require.NoError(t, err)
	require.NoError(t, os.Remove(d.path(caFile)))
	require.ErrorContains(t, d.Issue("server", time.Hour), "ca.pem is missing, and its key is there")
	after, err := os.ReadFile(d.path(caKeyFile))
	require.NoError(t, err)
	require.Equal(t, key, after)
}

func TestIssueRefusesNamesThatAreNoFolders(t *testing.T) {
	d := Dir(t.TempDir())
	for _, name := range []string{"", ".", "..", "../x", "a/b", "ca.pem", "client 1", "client\n", "-x"} {
		require.ErrorContains(t, d.Issue(name, time.Hour), "is no name of a process", "%q", name)
	}
	files, err := os.ReadDir(string(d))
	require.NoError(t, err)
	assert.Empty(t, files)
}

// All certificates of a name are revoked, earlier ones that are still valid, too, and none
// that is issued later. The list grows, and later folders have it.
func TestRevoke(t *testing.T) {
	d := Dir(t.TempDir())
	require.ErrorContains(t, d.Revoke("client1"), "has issued no certificate for client1")
	var want []string
	issue := func(name string) string {
		require.NoError(t, d.Issue(name, time.Hour))
		return parse(t, d.path(name, "cert.pem")).SerialNumber.String()
	}
	want = append(want, issue("client1"), issue("client1"))
	issue("client11")
	require.NoError(t, d.Revoke("client1"))
	issue("client1")
	ca := parse(t, d.path(caFile))
	for _, folder := range []string{"", "client1", "client11"} {
		assert.ElementsMatch(t, want, revoked(t, d.path(folder, revokedFile), ca), folder)
	}
	want = append(want, issue("client2"))
	require.NoError(t, d.Revoke("client2"))
	issue("node1")
	for _, folder := range []string{"", "client1", "node1"} {
		assert.ElementsMatch(t, want, revoked(t, d.path(folder, revokedFile), ca), folder)
	}
}
