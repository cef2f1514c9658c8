package tcp

import (
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListenReturnsItsAddress(t *testing.T) {
	ln := listen(t)
	_, port, err := net.SplitHostPort(ln.Addr().String())
	require.NoError(t, err)
	assert.NotEqual(t, "0", port)

	addr := freeAddr(t)
	other, err := Listen(addr)
	require.NoError(t, err)
	defer other.Close()
	assert.Equal(t, addr, other.Addr().String())
}

func TestListenErrorsNameTheAddressAndTheRemedy(t *testing.T) {
	taken := listen(t).Addr().String()
	_, port, err := net.SplitHostPort(taken)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		addr string
		mend string
	}{
		"taken":           {taken, "ss -ltnp 'sport = :" + port + "'"},
		"beyond 65535":    {"127.0.0.1:70000", "a number from 1 to 65535"},
		"negative":        {"127.0.0.1:-1", "a number from 1 to 65535"},
		"a name":          {"127.0.0.1:http", "a number from 1 to 65535"},
		"empty":           {"127.0.0.1:", "a number from 1 to 65535"},
		"no port":         {"127.0.0.1", "write HOST:PORT"},
		"a port alone":    {"4000", "write HOST:PORT"},
		"nothing":         {"", "write HOST:PORT"},
		"IPv6, unbracked": {"::1:4000:x", "write HOST:PORT"},
		"not ours":        {"192.0.2.1:4000", "use 127.0.0.1 for this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := Listen(test.addr)
			if err == nil {
				ln.Close()
			}
			require.ErrorContains(t, err, test.addr)
			assert.ErrorContains(t, err, test.mend)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

// A connection that the server closed first makes a restart hard: it keeps the
// port in TIME_WAIT for a minute.
func TestListenAgainAtOnce(t *testing.T) {
	addr := freeAddr(t)
	for range 3 {
		ln, err := Listen(addr)
		require.NoError(t, err)
		ours, theirs := dial(t, "", ln)
		require.NoError(t, theirs.Close())
		_, err = ours.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, ours.Close())
		require.NoError(t, ln.Close())
	}
}

func TestParsePort(t *testing.T) {
	for in, want := range map[string]int{"0": 0, "1": 1, "4000": 4000, "65535": 65535, "00080": 80} {
		got, err := ParsePort(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, got, in)
	}
	for _, in := range []string{"", "65536", "70000", "-1", "+1", " 1", "1 ", "1.0", "0x50", "1_000", "\u0661", "99999999999999999999"} {
		_, err := ParsePort(in)
		assert.ErrorContains(t, err, "is not a port", "%q", in)
	}
}

const asNobody = "PEERLAB_TEST_LISTEN"

// Root may listen on every port, so the test runs itself again as another user.
func TestListenBelow1024(t *testing.T) {
	if addr := os.Getenv(asNobody); addr != "" {
		_, err := Listen(addr)
		require.ErrorContains(t, err, addr)
		assert.ErrorContains(t, err, "give a higher one")
		return
	}
	first, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil || strings.TrimSpace(string(first)) != "1024" || os.Getuid() != 0 {
		t.Skip("needs root that can change its user, and Linux with its default settings")
	}
	// Only root can open the binary by its path, so it is passed as a descriptor.
	self, err := os.Open("/proc/self/exe")
	require.NoError(t, err)
	defer self.Close()
	child := exec.Command("/proc/self/fd/3", "-test.run=^"+t.Name()+"$", "-test.v")
	child.ExtraFiles = []*os.File{self}
	child.Dir = "/"
	child.Env = append(os.Environ(), asNobody+"=127.0.0.1:81")
	child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := child.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "--- PASS: "+t.Name())
}
