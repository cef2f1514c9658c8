package relay

import "sync"

const (
	readBuffer = 256 << 10 // how much is read from a connection at a time
	maxRecent  = 8         // buffers that wait to be hashed
)

// recent is a queue of the buffers that came in last, on their way to being
// hashed, so that they need not be read back from the store. Only what follows
// without a gap enters it. Whoever brings that waits while the queue is full;
// otherwise the hashing, once behind, would read all the rest back. It can't be
// kept waiting by what is still to come.
//
// All methods may be called by any goroutine.
type recent struct {
	mu    sync.Mutex
	room  *sync.Cond // a buffer has been taken, or none will be
	queue [][]byte
	end   int64 // of the queue, as an offset in the file; where hashing goes on if it is empty
	over  bool
	idle  [][]byte
}

func newRecent() *recent {
	r := &recent{}
	r.room = sync.NewCond(&r.mu)
	return r
}

// buffer returns a buffer, which free takes back.
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

// keep takes over a buffer whose first n bytes belong at the offset, if that is
// where the queue ends, and returns the buffer to go on with. The bytes must be in
// the store already.
func (r *recent) keep(at int64, b []byte, n int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at == r.end && len(r.queue) == maxRecent && !r.over {
		r.room.Wait()
	}
	if at != r.end || r.over {
		return b
	}
	r.queue = append(r.queue, b[:n])
	r.end += int64(n)
	return r.bufferLocked()
}

// take returns the bytes to hash next, of which at least n are in the store, and
// whether they are here. If not they are the caller's to read, into what it gets.
// Either way they are the caller's to free.
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

// stop says that nothing will be hashed any more.
func (r *recent) stop() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	r.room.Broadcast()
}
