package relay

import "sync"

const (
	readBuffer = 256 << 10 // bytes per read from a connection
	maxRecent  = 8         // buffers queued for hashing
)

// recent is a bounded queue of received buffers for the verifier, which then need not
// read them back from the store. It accepts only bytes that continue the queue
// without a gap. A worker that adds such bytes waits while the queue is full;
// otherwise a verifier that fell behind once would read all later bytes from the
// store. The verifier never waits for the queue.
//
// All methods are safe for concurrent use.
type recent struct {
	mu      sync.Mutex
	room    *sync.Cond // the queue has room, or stop was called
	queue   [][]byte
	end     int64 // offset in the file at which the queue ends
	stopped bool
	idle    [][]byte
}

func newRecent() *recent {
	r := &recent{}
	r.room = sync.NewCond(&r.mu)
	return r
}

// buffer returns a free buffer. Pass it to free after use.
func (r *recent) buffer() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bufferLocked()
}

func (r *recent) bufferLocked() []byte {
	last := len(r.idle) - 1
	if last < 0 {
		return make([]byte, readBuffer)
	}
	b := r.idle[last]
	r.idle = r.idle[:last]
	return b
}

func (r *recent) free(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = append(r.idle, b[:cap(b)])
}

// keep queues a buffer whose first n bytes belong at offset at, if the queue ends
// there, and returns a buffer to continue with: b itself if it was not queued. The
// bytes must be in the store already.
func (r *recent) keep(at int64, b []byte, n int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at == r.end && len(r.queue) == maxRecent && !r.stopped {
		r.room.Wait()
	}
	if at != r.end || r.stopped {
		return b
	}
	r.queue = append(r.queue, b[:n])
	r.end += int64(n)
	return r.bufferLocked()
}

// take returns the bytes to hash next. If here is false, the buffer is empty and the
// caller must fill it from the store, which has at least n more bytes. In either case
// the caller must free it.
func (r *recent) take(n int64) (b []byte, here bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) > 0 {
		b = r.queue[0]
		r.queue = append(r.queue[:0], r.queue[1:]...)
		r.room.Signal()
		return b, true
	}
	b = r.bufferLocked()
	b = b[:min(int64(len(b)), n)]
	r.end += int64(len(b))
	return b, false
}

// stop ends all waits of keep, since nothing more will be hashed.
func (r *recent) stop() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.room.Broadcast()
}
