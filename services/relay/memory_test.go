package relay

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// zeros is a store for a file of zeros. It discards the bytes written.
type zeros struct{}

func (zeros) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }

func (zeros) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}

func (zeros) checkSpace(int64) error { return nil }
func (zeros) checkpoint(int64)       {}
func (zeros) drop(bool)              {}

// heap is a Progress that records the memory in use by all goroutines.
type heap struct {
	mu         sync.Mutex
	came, next int
	most       uint64
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

func (h *heap) Add(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.came += n; h.came >= h.next {
		h.next = h.came + 32<<20
		h.most = max(h.most, inUse())
	}
}

func (h *heap) Clear() {}
func (h *heap) Exit()  {}

// The memory of a node and a fetch does not depend on the size of the file.
func TestMemoryStaysFlat(t *testing.T) {
	const size = 5 << 30 // exceeds 32 bits
	dir := folderOf(t, "a", "")
	require.NoError(t, os.Truncate(filepath.Join(dir, "a"), size))
	l := newLab(t, nil)
	l.nodeIn(dir)
	l.nodeIn(dir)
	nodes := l.relay.leases.list()
	runtime.GC()
	before, h := inUse(), &heap{}
	j := newJob(l.client(nil).Fetch, "a")
	j.create = func(int64) (store, error) { return zeros{}, nil }
	j.watch = func(int64, int64) Progress { return h }
	require.NoError(t, j.download(t.Context(), nodes))
	j.close()
	require.Equal(t, "7f06c62352aebd8125b2a1841e2b9e1ffcbed602f381c3dcb3200200e383d1d5", j.hash, "the hash of 5 GiB of zeros")
	require.GreaterOrEqual(t, h.came, size)
	require.Less(t, h.most, before+16<<20)
}

func TestSixtyFourTransfersAtATime(t *testing.T) {
	const size, many = 8 << 20, 64
	dir := folderOf(t, "a", "")
	require.NoError(t, os.Truncate(filepath.Join(dir, "a"), size))
	l := newLab(t, nil)
	n := l.nodeIn(dir)
	l.hashes("a", n)
	runtime.GC()
	before := inUse()
	var all []io.Reader
	for range many { // each transfer reads its first line and waits for the others
		_, in := l.asks(n.Addr(), "GET 0 - - a")
		receives(t, in, fmt.Sprintf("SEND %d %s %d\n", size, n.digests.peek(versionIn(t, dir, "a")), size))
		all = append(all, in)
	}
	most := inUse()
	var readers sync.WaitGroup
	for _, in := range all {
		readers.Go(func() {
			if n, err := io.CopyN(io.Discard, in, size); err != nil {
				t.Errorf("%d of %d bytes: %v", n, size, err)
			}
		})
	}
	readers.Wait()
	most = max(most, inUse())
	require.Less(t, most, before+16<<20)
}

func versionIn(t *testing.T, dir, name string) version {
	t.Helper()
	_, v := open(t, dir, name)
	return v
}
