package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	hugeSize = 5 << 30                                                            // more than 32 bits count
	hugeHash = "7f06c62352aebd8125b2a1841e2b9e1ffcbed602f381c3dcb3200200e383d1d5" // of as many zeros
	mostKept = 128 << 20                                                          // of memory; the race detector has its share of it

	hugeTimeout = 5 * time.Minute // to hash it and to send it; a machine without instructions for that is slow
)

// peak is the most memory that a process has had so far, as the kernel of this
// machine tells it. The process is the one that was started with these arguments
// and nothing else, or the least else.
func peak(t *testing.T, args ...string) (most int64) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	require.NotEmpty(t, all, "memory can be watched only on Linux")
	words := 0
	for _, path := range all {
		line, err := os.ReadFile(path)
		n := bytes.Count(line, []byte{0})
		if err != nil || !bytes.HasSuffix(line, []byte("\x00"+strings.Join(args, "\x00")+"\x00")) || words > 0 && n >= words {
			continue // it has ended meanwhile, or is another
		}
		status, err := os.ReadFile(filepath.Join(filepath.Dir(path), "status"))
		require.NoError(t, err)
		_, rest, ok := strings.Cut(string(status), "VmHWM:")
		require.True(t, ok, "%s", status)
		kB, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		most, err = strconv.ParseInt(kB, 10, 64)
		require.NoError(t, err)
		most, words = most<<10, n
	}
	require.Positive(t, words, "no process with %q", args)
	return most
}

// A file larger than the memory of many a machine goes through that of a node a
// little at a time, to several at the same time. They keep nothing: what a client
// has in memory of such a file services/relay tests, without the gigabytes on disk.
func TestNodeSendsFiveGigabytesInLittleMemory(t *testing.T) {
	s := startSwarm(t)
	dir := s.folder("node", files{largeFile: ""})
	require.NoError(t, os.Truncate(filepath.Join(dir, largeFile), hugeSize)) // it takes no room on disk
	n := s.join("node", dir)
	var all sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		all.Go(func() { errs[i] = swallow(n.at) })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	assert.Less(t, peak(t, "-listen", n.at, host(s.at), port(s.at)), int64(mostKept))
}

// swallow has a node send all of the huge file, and keeps none of it.
func swallow(address string) error {
	conn, err := net.Dial("tcp", address)
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
