package stage

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/lab/certs"
)

// certificateLife is longer than a scenario.
const certificateLife = time.Hour

// Secure gives the members that are started from now on certificates, and TLS. The folder
// of each is its data folder: there it gets a new certificate from [Chat.Certs].
func (c *Chat) Secure() {
	c.t.Helper()
	lab.NeedsOwn(c.t, "server", "client")
	c.Certs = certs.Dir(c.Dir("certs"))
}

// Certify issues a certificate, in a folder that programs in containers can use, too.
func Certify(t testing.TB, ca certs.Dir, name string, life time.Duration) {
	t.Helper()
	require.NoError(t, ca.Issue(name, life))
	folder := filepath.Join(string(ca), name)
	require.NoError(t, os.Chmod(folder, 0o777))
	require.NoError(t, os.Chmod(filepath.Join(folder, "key.pem"), 0o644))
}

// secured adds TLS to a spec, in a chat that is secure.
func (c *Chat) secured(spec lab.Spec) lab.Spec {
	c.t.Helper()
	if c.Certs != "" {
		Certify(c.t, c.Certs, spec.Name, certificateLife)
		spec.Dir = filepath.Join(string(c.Certs), spec.Name)
		spec.Args, spec.Vars = append([]string{"-tls", "."}, spec.Args...), nil
	}
	return spec
}
