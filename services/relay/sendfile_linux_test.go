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

// writes is how often this process has asked the kernel to write so far, sendfile
// included: /proc/self/io counts that.
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

// The kernel sends the bytes, from the file to the connection: a process that read them
// and wrote them again would do that 32 KiB at a time.
func TestBytesGoOutBySendfile(t *testing.T) {
	const size, copied = 256 << 20, 32 << 10
	dir := folderOf(t, "a", "")
	require.NoError(t, os.Truncate(filepath.Join(dir, "a"), size))
	l := newLab(t, nil)
	n := l.nodeIn(dir)
	conn, in := l.asks(n.Addr(), "GET 0 - - a")
	before := writes(t)
	hears(t, in, fmt.Sprintf("SEND %d - %d\n", size, size))
	buf := make([]byte, 1<<20)
	for got := in.Buffered(); got < size; {
		k, err := conn.Read(buf[:min(len(buf), size-got)])
		require.NoError(t, err)
		got += k
	}
	require.Less(t, writes(t)-before, size/copied/2)
}

// A file system that does not say how large it is, such as one in memory, may have
// room for anything.
func TestADiskThatDoesNotSayHowLargeItIs(t *testing.T) {
	file, err := os.Open("/proc/self/status")
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, disk{file}.checkSpace(1<<62))
}
