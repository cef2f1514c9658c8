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
)

const (
	maxDigests = 4 * maxFiles // that a node remembers
	maxHashing = 32           // files that it hashes at a time, each with a descriptor and a buffer
	hashBuffer = 256 << 10
)

// A file that another process writes through a memory mapping gets a new
// modification time only at the first write to a page since the kernel last wrote
// that page back: within the 30 seconds of vm.dirty_expire_centisecs and the 5 of
// vm.dirty_writeback_centisecs, bytes can change and the version does not show it.
// So the hash of a file that changed less than settleTime before it was read is
// used for trustFactor times as long as it took to compute, and then computed
// again: at most a tenth of the time goes into that.
const (
	settleTime  = 40 * time.Second
	trustFactor = 10
)

// digests are the hashes of the files that a node has served, each computed once
// for a version of a file, however many clients ask for it. All methods may be
// called by any goroutine.
type digests struct {
	mu      sync.Mutex
	known   map[version]*digest
	room    chan struct{} // to compute the hash of a file that is not small
	workers sync.WaitGroup
	now     func() time.Time
	read    func(ctx context.Context, file io.ReaderAt, n int64) (string, error) // hashPrefix
}

func newDigests() *digests {
	return &digests{known: make(map[version]*digest), room: make(chan struct{}, maxHashing), now: time.Now, read: hashPrefix}
}

// wait returns when nothing is being computed any more.
func (d *digests) wait() { d.workers.Wait() }

type digest struct {
	done  chan struct{} // closed when hash or err is set
	hash  string
	err   error
	began time.Time
	until time.Time // when it must be computed again; zero: never
}

// good reports whether a digest can be used, or waited for, at that time.
func (h *digest) good(now time.Time) bool {
	select {
	case <-h.done:
		return h.until.IsZero() || !now.After(h.until)
	default:
		return true
	}
}

// peek returns the hash of a version if it is known, or unknown.
func (d *digests) peek(v version) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.known[v]; h != nil && h.good(d.now()) {
		select {
		case <-h.done:
			return h.hash // a digest with an error is not in known
		default:
		}
	}
	return unknown
}

// of returns the hash of an open file once it is computed. When ctx ends, so does
// the computing.
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

// prefix reads the first n bytes of an open file, which has at least as many, and
// returns their hash. If they are all of the file, and the hash that is remembered
// is another, that is forgotten.
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

// contradict forgets the hash of a version if it is another than the one that its
// bytes have now.
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
	default: // it is being computed from the bytes there are
	}
}

// learn remembers the hash of a version whose bytes have just been read, if it can
// be relied on later.
func (d *digests) learn(v version, hash string) {
	now := d.now()
	if !v.settled(now) {
		return
	}
	if h, mine := d.take(v); mine {
		d.put(h, v, hash, nil)
	}
}

// settled reports whether a file of this version had not changed for a while at
// that time.
func (v version) settled(at time.Time) bool { return at.Sub(time.Unix(0, v.ctime)) >= settleTime }

// enter waits until there is room to hash so many bytes. Few need none.
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

// ahead starts to compute the hash of an open file, if there is room for that. It
// does not wait. The file may be closed at once.
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

// take returns the digest of a version, and whether it is for the caller to
// compute it.
func (d *digests) take(v version) (h *digest, mine bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if h := d.known[v]; h != nil && h.good(now) {
		return h, false
	}
	if len(d.known) >= maxDigests {
		clear(d.known) // simpler than ageing, and as good: they are computed again
	}
	h = &digest{done: make(chan struct{}), began: now}
	d.known[v] = h
	return h, true
}

// put completes a digest. One with an error is forgotten.
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

// compute reads the file from its beginning. The result is for the version v: if
// the file changes meanwhile, it is an error.
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
