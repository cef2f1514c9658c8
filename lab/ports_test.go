package lab

import (
	"net"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testPorts has lock files of its own, so that the test does not take the
// blocks of others; so it must not try their ports either.
func testPorts(t *testing.T, dir string) *ports {
	p := &ports{dir: dir, free: func(int) (bool, error) { return true, nil }}
	t.Cleanup(p.close)
	return p
}

func TestPortsAreHandedOutOnce(t *testing.T) {
	dir := t.TempDir()
	a, b := testPorts(t, dir), testPorts(t, dir) // as of two test binaries
	seen := map[int]bool{}
	for range portBlock + 1 {
		for _, p := range []*ports{a, b} {
			port, err := p.take()
			require.NoError(t, err)
			assert.False(t, seen[port], "port %d, twice", port)
			assert.True(t, lowPort <= port && port < highPort, "port %d", port)
			seen[port] = true
		}
	}
}

// However often the tests are repeated, there is a port for each.
func TestPortsOfTestsThatAreOverAreHandedOutAgain(t *testing.T) {
	p := testPorts(t, t.TempDir())
	last := map[int]int{} // when it was handed out
	for i := range 2 * (highPort - lowPort) {
		port, err := p.take()
		require.NoError(t, err)
		if before, again := last[port]; again && i-before < maxBlocks*portBlock/2 {
			t.Fatalf("port %d again after %d others", port, i-before)
		}
		last[port] = i
		p.giveBack([]int{port})
	}
	assert.LessOrEqual(t, len(p.locks), maxBlocks)
}

func TestAPortInUseIsPassedOver(t *testing.T) {
	p := newPorts()
	defer p.close()
	first, err := p.take()
	require.NoError(t, err)
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(first+1)))
	if err == nil {
		defer ln.Close()
	} else {
		require.ErrorIs(t, err, syscall.EADDRINUSE, "another program may have the port")
	}
	second, err := p.take()
	require.NoError(t, err)
	assert.Greater(t, second, first+1)
}

func TestBlocksRunOut(t *testing.T) {
	dir := t.TempDir()
	hog, late := testPorts(t, dir), testPorts(t, dir)
	for range (highPort - lowPort) / portBlock {
		require.NoError(t, hog.claimBlock())
	}
	_, err := late.take()
	assert.ErrorContains(t, err, "other test runs hold all of 20000 to 31999")
	hog.close()
	_, err = late.take()
	assert.NoError(t, err)
}

// A process that has just been forked has all that is open, until it is another
// program: a port that was only tried must not be among it.
func TestAPortIsFreeThoughProcessesAreStarted(t *testing.T) {
	p := newPorts()
	defer p.close()
	done := make(chan struct{})
	var forks sync.WaitGroup
	for range 4 {
		forks.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					assert.NoError(t, exec.Command("true").Run())
				}
			}
		})
	}
	for range 500 {
		port, err := p.take()
		require.NoError(t, err)
		ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if !assert.NoError(t, err) {
			break
		}
		assert.NoError(t, ln.Close())
	}
	close(done)
	forks.Wait()
}
