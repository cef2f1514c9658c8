package relay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"peerlab/services/internal/lines"
)

const (
	maxDigests = 4 * maxFiles // that a node keeps
	maxHashing = 32           // large files hashed at a time, each with a descriptor and a buffer
	hashBuffer = 256 << 10
)

// A write through a memory mapping updates the modification time of a file only if it
// is the first to a page since the kernel last wrote that page back. Within the 30
// seconds of vm.dirty_expire_centisecs and the 5 of vm.dirty_writeback_centisecs,
// bytes can therefore change without changing the version. So if a file changed less
// than settleTime before it was read, its hash is used for trustFactor times as long
// as computing it took, and then recomputed: hashing costs at most a tenth of the
// time.
const (
	settleTime  = 40 * time.Second
	trustFactor = 10
)

// digests caches the hashes of the files that a node serves. It computes the hash of a
// version once for all clients that request it. All methods are safe for concurrent
// use.
type digests struct {
	mu      sync.Mutex
	known   map[version]*digest
	room    chan struct{} // a token for each large file being hashed
	workers sync.WaitGroup
	now     func() time.Time
	read    func(ctx context.Context, file io.ReaderAt, n int64) (string, error) // hashPrefix
}

func newDigests() *digests {
	return &digests{known: make(map[version]*digest), room: make(chan struct{}, maxHashing), now: time.Now, read: hashPrefix}
}

// wait waits for the computations that ahead has started.
func (d *digests) wait() { d.workers.Wait() }

type digest struct {
	done  chan struct{} // closed once hash or err is set
	hash  string
	err   error
	began time.Time
	until time.Time // when it must be recomputed; zero: never
}

// good reports whether a digest is being computed or still valid at that time.
func (h *digest) good(now time.Time) bool {
	select {
	case <-h.done:
		return h.until.IsZero() || !now.After(h.until)
	default:
		return true
	}
}

// peek returns the hash of a version if it is cached, and unknown otherwise.
func (d *digests) peek(v version) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.known[v]; h != nil && h.good(d.now()) {
		select {
		case <-h.done:
			return h.hash // failed digests are not in known
		default:
		}
	}
	return unknown
}

// of returns the hash of an open file, computing it if necessary. Cancelling ctx stops
// the computation.
func (d *digests) of(ctx context.Context, file *os.File, v version) (string, error) {
	h, mine := d.take(v)
	if !mine {
		select {
		case <-h.done:
			return h.hash, h.err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	leave, err := d.enter(ctx, v.size)
	if err != nil {
		d.put(h, v, "", err)
		return "", err
	}
	defer leave()
	d.compute(ctx, h, file, v)
	return h.hash, h.err
}

// prefix reads the first n bytes of an open file, which must have at least n, and
// returns their hash. If they are the whole file, a different cached hash is removed.
func (d *digests) prefix(ctx context.Context, file *os.File, v version, n int64) (string, error) {
	leave, err := d.enter(ctx, n)
	if err != nil {
		return "", err
	}
	defer leave()
	hash, err := d.read(ctx, file, n)
	if err != nil {
		return "", err
	}
	if n == v.size {
		d.contradict(v, hash)
	}
	return hash, unchanged(file, v)
}

// contradict removes the cached hash of a version if it differs from the given one.
func (d *digests) contradict(v version, hash string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.known[v]
	if h == nil {
		return
	}
	select {
	case <-h.done:
		if h.hash != hash {
			delete(d.known, v)
		}
	default: // it is being computed from the current bytes
	}
}

// learn caches the hash of a version whose bytes have just been read, unless the file
// changed less than settleTime ago.
func (d *digests) learn(v version, hash string) {
	now := d.now()
	if !v.settled(now) {
		return
	}
	if h, mine := d.take(v); mine {
		d.put(h, v, hash, nil)
	}
}

// settled reports whether the last change of the file was at least settleTime before
// at.
func (v version) settled(at time.Time) bool { return at.Sub(time.Unix(0, v.ctime)) >= settleTime }

// enter waits for a token to hash n bytes and returns the function that releases it.
// Small files need none.
func (d *digests) enter(ctx context.Context, n int64) (leave func(), err error) {
	if n <= smallFile {
		return func() {}, nil
	}
	select {
	case d.room <- struct{}{}:
		return func() { <-d.room }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ahead starts computing the hash of an open file in the background, if a token is
// free. The caller may close the file immediately.
func (d *digests) ahead(ctx context.Context, file *os.File, v version) {
	select {
	case d.room <- struct{}{}:
	default:
		return
	}
	h, mine := d.take(v)
	if !mine {
		<-d.room
		return
	}
	own, err := dup(file)
	if err != nil {
		<-d.room
		d.put(h, v, "", err)
		return
	}
	d.workers.Go(func() {
		defer func() { <-d.room }()
		defer own.Close()
		d.compute(ctx, h, own, v)
	})
}

// take returns the digest of a version, and whether the caller must compute it.
func (d *digests) take(v version) (h *digest, mine bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if h := d.known[v]; h != nil && h.good(now) {
		return h, false
	}
	if len(d.known) >= maxDigests {
		clear(d.known) // simpler than eviction by age; hashes are recomputed on demand
	}
	h = &digest{done: make(chan struct{}), began: now}
	d.known[v] = h
	return h, true
}

// put completes a digest. If err is set the digest is removed from the cache.
func (d *digests) put(h *digest, v version, hash string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil && d.known[v] == h {
		delete(d.known, v)
	}
	if now := d.now(); !v.settled(h.began) {
		h.until = now.Add(trustFactor * now.Sub(h.began))
	}
	h.hash, h.err = hash, err
	close(h.done)
}

// compute hashes the file and completes h. If the file changes meanwhile and is no
// longer of version v, the result is an error.
func (d *digests) compute(ctx context.Context, h *digest, file *os.File, v version) {
	h.began = d.now()
	hash, err := d.read(ctx, file, v.size)
	if err == nil {
		err = unchanged(file, v)
	}
	d.put(h, v, hash, err)
}

// hashPrefix returns the hash of the first n bytes.
func hashPrefix(ctx context.Context, file io.ReaderAt, n int64) (string, error) {
	h := sha256.New()
	buf := make([]byte, min(n, hashBuffer))
	for at := int64(0); at < n; {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		part := buf[:min(int64(len(buf)), n-at)]
		k, err := file.ReadAt(part, at)
		h.Write(part[:k])
		at += int64(k)
		switch {
		case k == len(part):
		case err == io.EOF:
			return "", errShrunk
		default:
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// unchanged returns a refusal if the open file is no longer of version v.
func unchanged(file *os.File, v version) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if versionOf(info) != v {
		return lines.Refuse("changed", "the file changed while it was read")
	}
	return nil
}

// dup duplicates the descriptor of an open file. Both share one offset, which hashing
// does not use.
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
