package relay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
	"syscall"
)

// maxDigests bounds the hashes that a node remembers.
const maxDigests = 4 * maxFiles

// digests are the hashes of the files that a node has served, each computed
// once for a version of a file, however many ask for it.
type digests struct {
	mu      sync.Mutex
	known   map[version]*digest
	workers sync.WaitGroup
}

// wait returns when nothing is being computed any more.
func (d *digests) wait() { d.workers.Wait() }

type digest struct {
	done chan struct{} // closed when hash or err is there
	hash string
	err  error
}

// of returns the digest of an open file and starts to compute it if nobody has.
// The file may be closed at once. When ctx ends, so does the computing.
func (d *digests) of(ctx context.Context, file *os.File, v version) *digest {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.known[v]; h != nil {
		return h
	}
	h := &digest{done: make(chan struct{})}
	own, err := dup(file)
	if err != nil {
		h.err = err
		close(h.done)
		return h
	}
	if d.known == nil || len(d.known) >= maxDigests {
		d.known = make(map[version]*digest) // simpler than ageing, and as good: they are computed again
	}
	d.known[v] = h
	d.workers.Go(func() {
		defer own.Close()
		defer close(h.done)
		h.hash, h.err = hashOf(ctx, own, v)
		if h.err != nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.known[v] == h {
				delete(d.known, v)
			}
		}
	})
	return h
}

// peek returns the hash of a version if it is known, or unknown.
func (d *digests) peek(v version) string {
	d.mu.Lock()
	h := d.known[v]
	d.mu.Unlock()
	if h == nil {
		return unknown
	}
	return h.now()
}

// now returns the hash if it is there, or unknown.
func (h *digest) now() string {
	select {
	case <-h.done:
		if h.err == nil {
			return h.hash
		}
	default:
	}
	return unknown
}

// wait returns the hash when it is there.
func (h *digest) wait(ctx context.Context) (string, error) {
	select {
	case <-h.done:
		return h.hash, h.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// hashOf reads the file from its beginning. The result is for the version v: if
// the file changes meanwhile, it is an error.
func hashOf(ctx context.Context, file *os.File, v version) (string, error) {
	sum, err := hashPrefix(ctx, file, v.size)
	if err != nil {
		return "", err
	}
	return sum, unchanged(file, v)
}

// hashPrefix returns the hash of the first n bytes.
func hashPrefix(ctx context.Context, file *os.File, n int64) (string, error) {
	h := sha256.New()
	buf := make([]byte, 256<<10)
	in := io.NewSectionReader(file, 0, n)
	for left := n; left > 0; {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		k, err := in.Read(buf)
		h.Write(buf[:k])
		left -= int64(k)
		if left > 0 && err != nil {
			return "", refuse("changed", "the file has shrunk")
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// unchanged returns an error if the open file is no longer of version v.
func unchanged(file *os.File, v version) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if versionOf(info) != v {
		return refuse("changed", "the file changed while it was read")
	}
	return nil
}

// dup returns another descriptor of an open file. The two share their offset,
// which hashing does not use.
func dup(file *os.File) (*os.File, error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	var own int
	var failed error
	if err := raw.Control(func(fd uintptr) { own, failed = syscall.Dup(int(fd)) }); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, os.NewSyscallError("dup", failed)
	}
	syscall.CloseOnExec(own)
	return os.NewFile(uintptr(own), file.Name()), nil
}
