package tcp

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nextPort is below the ports that the kernel assigns to dials, and apart from
// those of the bench in e2e/lab.
var nextPort = 12000 + rand.IntN(7000)

// freeAddr returns a loopback address without a listener, each one once.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", nextPort)
		nextPort++
		if ln, err := net.Listen("tcp", addr); err == nil {
			ln.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

func TestDialFromAFixedPort(t *testing.T) {
	from := freeAddr(t)
	ours, theirs := dial(t, from, listen(t))
	assert.Equal(t, from, ours.LocalAddr().String())
	assert.Equal(t, from, theirs.RemoteAddr().String())
}

func TestOneSourceToTwoPlaces(t *testing.T) {
	from := freeAddr(t)
	dial(t, from, listen(t))
	dial(t, from, listen(t))
}

func TestOneSourceTwiceToOnePlace(t *testing.T) {
	from, ln := freeAddr(t), listen(t)
	dial(t, from, ln)
	_, err := Dial(t.Context(), from, ln.Addr().String())
	require.ErrorIs(t, err, ErrSourceBusy)
	assert.ErrorContains(t, err, from)
	assert.ErrorContains(t, err, ln.Addr().String())
}

func TestASourcePortWithAListener(t *testing.T) {
	_, err := Dial(t.Context(), listen(t).Addr().String(), listen(t).Addr().String())
	assert.ErrorIs(t, err, ErrSourceBusy)
}

// The side that closes first keeps the pair of addresses in TIME_WAIT. Depending
// on its version, Linux allows its reuse at once or, on loopback, after a second.
func TestTheSameSourceAgainAtOnce(t *testing.T) {
	if reuse, err := os.ReadFile("/proc/sys/net/ipv4/tcp_tw_reuse"); err == nil && strings.TrimSpace(string(reuse)) == "0" {
		t.Skip("tcp_tw_reuse is 0: it would take a minute")
	}
	from, ln := freeAddr(t), listen(t)
	ours, theirs := dial(t, from, ln)
	require.NoError(t, ours.Close())
	_, err := theirs.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, theirs.Close())

	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for began := time.Now(); ; <-again.C {
		conn, err := Dial(t.Context(), from, ln.Addr().String())
		if err == nil {
			assert.Equal(t, from, conn.LocalAddr().String())
			require.NoError(t, conn.Close())
			return
		}
		require.ErrorIs(t, err, ErrSourceBusy)
		require.Less(t, time.Since(began), 20*time.Second, "still busy")
	}
}

func TestADialThatReachesItself(t *testing.T) {
	addr := freeAddr(t)
	before := sockets(t)
	conn, err := Dial(t.Context(), addr, addr)
	require.ErrorIs(t, err, ErrSelf)
	require.Nil(t, conn)
	assert.Equal(t, before, sockets(t), "open sockets")

	ln, err := Listen(addr)
	require.NoError(t, err, "the port is free")
	ln.Close()
}

// sockets counts the sockets of this process.
func sockets(t *testing.T) (n int) {
	t.Helper()
	const dir = "/proc/self/fd/"
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		link, err := os.Readlink(dir + e.Name())
		if errors.Is(err, os.ErrNotExist) {
			continue // the descriptor of ReadDir itself
		}
		require.NoError(t, err)
		if strings.HasPrefix(link, "socket:") {
			n++
		}
	}
	return n
}
