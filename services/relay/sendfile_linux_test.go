package relay

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// writes returns the number of write system calls of this process so far, sendfile
// included, from /proc/self/io.
func writes(t *testing.T) int {
	t.Helper()
	all, err := os.ReadFile("/proc/self/io")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(all), "syscw: ")
	require.True(t, ok, "%s", all)
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.Atoi(line)
	require.NoError(t, err)
	return n
}

// A node sends a file with sendfile. A loop of reads and writes would need a system
// call for every 32 KiB.
func TestFilesAreSentBySendfile(t *testing.T) {
	const size, copied = 256 << 20, 32 << 10
	dir := folderOf(t, "a", "")
	require.NoError(t, os.Truncate(filepath.Join(dir, "a"), size))
	l := newLab(t, nil)
	n := l.nodeIn(dir)
	conn, in := l.asks(n.Addr(), "GET 0 - - a")
	before := writes(t)
	receives(t, in, fmt.Sprintf("SEND %d - %d\n", size, size))
	buf := make([]byte, 1<<20)
	for got := in.Buffered(); got < size; {
		k, err := conn.Read(buf[:min(len(buf), size-got)])
		require.NoError(t, err)
		got += k
	}
	require.Less(t, writes(t)-before, size/copied/2)
}

// A file system that does not report its size, such as one in memory, passes the
// check for free space.
func TestADiskOfUnknownSize(t *testing.T) {
	file, err := os.Open("/proc/self/status")
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, disk{file}.checkSpace(1<<62))
}
