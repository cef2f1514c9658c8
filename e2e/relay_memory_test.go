package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

const (
	hugeSize = 5 << 30                                                            // more than 32 bits count
	hugeHash = "7f06c62352aebd8125b2a1841e2b9e1ffcbed602f381c3dcb3200200e383d1d5" // of as many zeros
	mostKept = 128 << 20                                                          // of memory; the race detector has its share of it

	hugeTimeout = 5 * time.Minute // to hash it and to send it; a machine without instructions for that is slow
)

// peak is the most memory that a process has had so far, as the kernel of this
// machine tells it.
func peak(t *testing.T, p *lab.Process) (most int64) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	require.NoError(t, err, "memory can be watched only on Linux")
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	require.True(t, ok, "%s", status)
	kB, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	most, err = strconv.ParseInt(kB, 10, 64)
	require.NoError(t, err)
	return most << 10
}

// A file larger than the memory of many a machine goes through that of a node a
// little at a time, to several at the same time. They keep nothing: what a client
// has in memory of such a file services/relay tests, without the gigabytes on disk.
func TestNodeSendsFiveGigabytesInLittleMemory(t *testing.T) {
	alone(t)
	s := startSwarm(t)
	dir := s.folder("node", files{largeFile: ""})
	require.NoError(t, os.Truncate(filepath.Join(dir, largeFile), hugeSize)) // it takes no room on disk
	n := s.join("node", dir)
	var all sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		all.Go(func() { errs[i] = swallow(s, n.at) })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	assert.Less(t, peak(t, n.Process), int64(mostKept))
}

// swallow has a node send all of the huge file, and keeps none of it.
func swallow(n network, address string) error {
	conn, err := n.Dial(address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(hugeTimeout)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, relayHello+"GET 0 - - "+largeFile+"\n"); err != nil {
		return err
	}
	in := bufio.NewReaderSize(conn, 1<<20)
	head, err := in.ReadString('\n')
	if err != nil || !strings.HasPrefix(head, fmt.Sprintf("SEND %d ", int64(hugeSize))) {
		return fmt.Errorf("%q: %w", head, err)
	}
	if k, err := io.CopyN(io.Discard, in, hugeSize); err != nil {
		return fmt.Errorf("after %d bytes: %w", k, err)
	}
	if end, err := in.ReadString('\n'); end != "END "+hugeHash+"\n" {
		return fmt.Errorf("%q at the end: %w", end, err)
	}
	return nil
}
