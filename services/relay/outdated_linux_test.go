package relay

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// mapped maps a file into memory and returns its bytes; a write to them changes the
// file. The first write to a page, which mapped does, updates the file's times; later
// writes do not until the kernel has written the page back.
func mapped(t *testing.T, dir, name string) []byte {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
	require.NoError(t, err)
	defer file.Close()
	info, err := file.Stat()
	require.NoError(t, err)
	b, err := unix.Mmap(int(file.Fd()), 0, int(info.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Munmap(b) })
	for page := 0; page < len(b); page += os.Getpagesize() {
		b[page]++
	}
	return b
}

// Fault F2: a write through a mapping did not change the version of the file. The
// node's stored hash stayed wrong, and fetch blamed the node.
func TestAFileThatIsWrittenThroughAMapping(t *testing.T) {
	for name, size := range map[string]int{"small": 1000, "large": 1 << 20, "several parts": segment + 100} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, nil)
			n := l.node("a", noise(size, 1))
			n.digests.now = longAfter // the last write to the file counts as an hour old
			b := mapped(t, n.dir, "a")
			c, d := l.client(nil), l.saves(t.TempDir())
			unseen := 0
			for i := byte(0); unseen < 3; i++ {
				before := versionIn(t, n.dir, "a")
				b[size/2] = i
				if before == versionIn(t, n.dir, "a") { // differs if the kernel has just written the page back
					unseen++
				}
				require.Less(t, i, byte(100), "each write changed the version: the test proves nothing")
				l.lists(n.Addr()) // a few fetches on a busy machine may outlast a lease
				c.gets(t, "a", string(b))
				b[size/3] = i
				require.NoError(t, d.File(t.Context(), "a"))
				require.True(t, string(b) == readFile(t, d.Dir, "a"))
			}
			require.Empty(t, l.log.warnings(), "the node is honest")
		})
	}
}

// Fault F2: a node answered STAT with the hash from before a recent change. It now
// uses the hash of a recently changed file only for a moment.
func TestTheHashOfAFileThatHasJustChanged(t *testing.T) {
	l := newLab(t, nil)
	n := l.node("a", noise(1<<20, 1))
	b := mapped(t, n.dir, "a")
	now := time.Now()
	n.digests.now = func() time.Time { now = now.Add(time.Millisecond); return now }
	for i := range byte(3) {
		b[1] = i
		_, in := l.asks(n.Addr(), "STAT a")
		receives(t, in, "FILE 1048576 "+hashed(string(b))+" a\n")
		now = now.Add(settleTime / 5)
	}
}

// Ten fetches in a row of a new file do not hash it ten times.
func TestTheHashOfAFreshFileIsUsedForAWhile(t *testing.T) {
	file, v := open(t, folderOf(t, "a", noise(1<<20, 1)), "a")
	d, reads := counted()
	now := time.Unix(0, v.ctime)
	d.now = func() time.Time { now = now.Add(100 * time.Millisecond); return now } // hashing takes 100 ms on this clock
	for range 9 {
		_, err := d.of(t.Context(), file, v)
		require.NoError(t, err)
	}
	require.Equal(t, int32(1), reads.Load())
	for range 200 {
		_, err := d.of(t.Context(), file, v)
		require.NoError(t, err)
	}
	require.Less(t, reads.Load(), int32(30))
	now = now.Add(settleTime)
	_, err := d.of(t.Context(), file, v)
	require.NoError(t, err)
	last := reads.Load()
	now = now.Add(1000 * time.Hour)
	_, err = d.of(t.Context(), file, v)
	require.NoError(t, err)
	require.Equal(t, last, reads.Load(), "the hash of a settled file is stored permanently")
}
