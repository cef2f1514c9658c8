// Package outbox writes to a connection by a goroutine that runs only while there is
// something to write, so that an idle connection costs none and a slow one delays
// only its own writer.
package outbox

import (
	"net"
	"sync"
	"syscall"
)

// pushLimit is how many bytes Push writes at most.
const pushLimit = 4 << 10

// Source is the owner of a connection. Its methods are called with the lock that was
// given to New, and must not block.
type Source interface {
	// Next adds to bufs what is to be written next, with one write, and nothing if
	// there is nothing. The bytes must not change until Wrote is called.
	Next(bufs net.Buffers) net.Buffers
	// Wrote is told that this has been written, or why not. Nothing follows an error.
	Wrote(err error)
}

// Writer is the writing side of a connection. There is one goroutine at a time that
// writes: one that was started by WakeLocked, or the caller of Push. A method whose
// name ends in Locked expects the lock; every other method takes it.
type Writer struct {
	conn   net.Conn
	source Source
	mu     *sync.Mutex

	// Of the goroutine that writes.
	bufs net.Buffers // what is to be written next,
	rest net.Buffers // and what of that write has yet to write
	raw  syscall.RawConn
	once func(fd uintptr) // allocated once

	writing sync.WaitGroup // done when there is no such goroutine

	// Guarded by mu.
	busy  bool // there is one
	muted bool // nothing is to follow bufs
}

// New returns the Writer of a connection. No other may write to it, unless that one has
// called Mute.
func New(conn net.Conn, mu *sync.Mutex, source Source) *Writer {
	w := &Writer{conn: conn, mu: mu, source: source}
	if c, ok := conn.(syscall.Conn); ok { // or else it is in memory, or TLS
		w.raw, _ = c.SyscallConn() // fails if conn is closed
		w.once = w.writeOnce
	}
	return w
}

// WakeLocked starts a goroutine that writes, unless there is one. It must be called when
// Next may return something.
func (w *Writer) WakeLocked() {
	if w.BeginLocked() {
		go w.write()
	}
}

// BeginLocked is WakeLocked for a caller that itself calls Push, without the lock, if
// BeginLocked returns true.
func (w *Writer) BeginLocked() bool {
	if w.busy || w.muted {
		return false
	}
	w.busy = true
	w.writing.Add(1)
	return true
}

// Push writes what there is to write, if it is little and the connection takes it at
// once; what is left is for a goroutine. So none is woken for a line that is typed
// while nothing else goes on, and Push does not wait for the other side.
func (w *Writer) Push() {
	if w.collect(nil) && (!w.pushed() || w.collect(nil)) {
		go w.write()
	}
}

// write writes until there is nothing left, or an error.
func (w *Writer) write() {
	for more := len(w.bufs) > 0 || w.collect(nil); more; {
		w.rest = w.bufs // WriteTo eats the slice that it is called on
		_, err := w.rest.WriteTo(w.conn)
		more = w.collect(err)
	}
}

// collect reports that bufs has been written, or why not, and gathers what is to be
// written next. It returns false if that is nothing; the caller must write no more.
func (w *Writer) collect(failed error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.bufs) > 0 {
		w.muted = w.muted || failed != nil
		w.source.Wrote(failed)
	}
	clear(w.bufs)
	w.bufs = w.bufs[:0]
	if !w.muted {
		w.bufs = w.source.Next(w.bufs)
	}
	if len(w.bufs) == 0 {
		w.busy = false
		w.writing.Done()
	}
	return w.busy
}

// pushed writes bufs if it is little, and reports whether the connection took all of it
// at once.
func (w *Writer) pushed() bool {
	small := len(w.bufs) == 1 && len(w.bufs[0]) <= pushLimit
	return small && w.raw != nil && w.raw.Control(w.once) == nil && len(w.bufs[0]) == 0
}

// writeOnce writes as much of the first of bufs as fd, which does not block, takes.
func (w *Writer) writeOnce(fd uintptr) {
	if n, err := syscall.Write(int(fd), w.bufs[0]); err == nil {
		w.bufs[0] = w.bufs[0][n:]
	}
}

// Mute returns when no goroutine writes, and none will. The caller has closed the
// connection, or set a deadline for what is being written.
func (w *Writer) Mute() {
	w.mu.Lock()
	w.muted = true
	w.mu.Unlock()
	w.writing.Wait()
}
