// Package outbox writes to a connection or a screen by a goroutine that runs only while
// there is something to write, so that an idle one costs none and a slow one delays only
// its own writer.
package outbox

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// pushLimit is how many bytes Push writes at most.
const pushLimit = 4 << 10

// Source is what a Writer writes. Its methods are called with the lock that was
// given to New, and must not block.
type Source interface {
	// Next adds to bufs what is to be written next, with one write, and nothing if
	// there is nothing. The bytes must not change until Wrote is called.
	Next(bufs net.Buffers) net.Buffers
	// Wrote is told that this has been written, or why not. Nothing follows an error.
	Wrote(err error)
}

// Writer is the writing side of a connection or a screen. There is one goroutine at a
// time that writes: one that was started by WakeLocked, or the caller of Push or Flush.
// A method whose name ends in Locked expects the lock; every other method takes it.
type Writer struct {
	out    io.Writer
	source Source
	mu     *sync.Mutex

	// Of the goroutine that writes.
	bufs net.Buffers // what is to be written next,
	rest net.Buffers // and what of that write has yet to write
	raw  syscall.RawConn
	once func(fd uintptr) // allocated once

	// Guarded by mu.
	busy  bool // there is such a goroutine
	muted bool // nothing is to follow bufs
	idle  sync.Cond
}

// New returns a Writer to out. Nothing else may be written there before Mute has
// returned.
func New(out io.Writer, mu *sync.Mutex, source Source) *Writer {
	w := &Writer{out: out, mu: mu, source: source, idle: sync.Cond{L: mu}}
	if c, ok := out.(syscall.Conn); ok { // or else it is in memory, or TLS
		w.raw, _ = c.SyscallConn() // fails if it is closed
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
	return true
}

// BusyLocked reports whether a goroutine writes.
func (w *Writer) BusyLocked() bool { return w.busy }

// Push writes what there is to write, if it is little and the connection takes it at
// once; what is left is for a goroutine. So none is woken for a line that is typed
// while nothing else goes on, and Push does not wait for the other side.
func (w *Writer) Push() {
	if w.collect(nil) && (!w.pushed() || w.collect(nil)) {
		go w.write()
	}
}

// Flush returns when all that there was to write is written, by its caller unless a
// goroutine writes already, or cannot be written.
func (w *Writer) Flush() {
	w.mu.Lock()
	for w.busy {
		w.idle.Wait()
	}
	begun := w.BeginLocked()
	w.mu.Unlock()
	if begun {
		w.write()
	}
}

// write writes until there is nothing left, or an error.
func (w *Writer) write() {
	for more := len(w.bufs) > 0 || w.collect(nil); more; {
		w.rest = w.bufs // WriteTo eats the slice that it is called on
		_, err := w.rest.WriteTo(w.out)
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
		w.idle.Broadcast()
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

// Mute returns when nothing is written, nor will be. Its caller has closed the
// connection, or set a deadline for what is being written.
func (w *Writer) Mute() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.muted = true
	for w.busy {
		w.idle.Wait()
	}
}
