package chat

import (
	"net"
	"sync"
	"syscall"
	"time"

	"peerlab/services/chat/internal/wire"
)

// pushLimit is how many bytes push writes at most.
const pushLimit = 4 << 10

// writer is the writing side of a link. Only a link that has something to say has
// a writer: it is a goroutine, write, which may wait for the other side, or for
// one write that does not wait it is the caller of push, so that no goroutine has to be
// woken for a line that is typed while nothing else goes on.
type writer struct {
	bufs    net.Buffers // the writer's: what is to be written next,
	rest    net.Buffers // and write has yet to write
	through uint64      // the last line of ours that is in bufs, or was

	raw     syscall.RawConn  // of conn; nil: it is in memory
	attempt func(fd uintptr) // once

	all sync.WaitGroup // the writer

	// Guarded by member.mu.
	writing bool      // there is one
	muted   bool      // nothing is to follow bufs
	leaving bool      // BYE is to follow what is queued
	sent    uint64    // the last line of ours that was written
	moved   time.Time // when something was written last
}

// pokeLocked starts a writer, unless there is one.
func (l *link) pokeLocked() {
	if l.beginLocked() {
		go l.write()
	}
}

// beginLocked reports whether the caller is the writer now: there was none. It must
// write, or push.
func (l *link) beginLocked() bool {
	if l.writing || l.muted {
		return false
	}
	l.writing = true
	l.all.Add(1)
	return true
}

// write writes all that is queued, in one write each time, until there is nothing left
// or the link is over.
func (l *link) write() {
	for more := len(l.bufs) > 0 || l.collect(nil); more; {
		l.rest = l.bufs // WriteTo eats the slice that it is called on
		_, err := l.rest.WriteTo(l.conn)
		more = l.collect(err)
	}
}

// push writes what there is to write, if it is little and the connection takes it
// at once; what is left is for a goroutine. It does not wait for the other side.
func (l *link) push() {
	if l.collect(nil) && (!l.pushed() || l.collect(nil)) {
		go l.write()
	}
}

// collect records that bufs has been written, or why not, and gathers what is to be
// written next. If there is nothing the caller is the writer no more.
func (l *link) collect(failed error) bool {
	m := l.member
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case failed != nil:
		l.closeLocked(failed)
		l.muted = true
	case len(l.bufs) > 0:
		l.sent, l.moved = l.through, time.Now()
	}
	clear(l.bufs)
	l.bufs = l.bufs[:0]
	if !l.muted {
		l.bufs, l.through = m.state.Next(l.stream, l.sent, l.bufs)
		if len(l.bufs) == 0 && l.leaving { // the other side closes, so that TIME_WAIT is there and not on our source port
			l.bufs, l.muted = append(l.bufs, byeLine), true
		}
	}
	if len(l.bufs) == 0 {
		l.writing = false
		l.all.Done()
	}
	return l.writing
}

var byeLine = wire.Bye{}.Append(nil)

// pushed writes bufs if it is little, and reports whether the connection took all
// of it at once. It is for push.
func (l *link) pushed() bool {
	small := len(l.bufs) == 1 && len(l.bufs[0]) <= pushLimit
	return small && l.raw != nil && l.raw.Control(l.attempt) == nil && len(l.bufs[0]) == 0
}

// once writes as much of the first of bufs as fd, which does not block, takes.
func (w *writer) once(fd uintptr) {
	if n, err := syscall.Write(int(fd), w.bufs[0]); err == nil {
		w.bufs[0] = w.bufs[0][n:]
	}
}

// finish returns when there is no writer, and will be none. It is for the reader,
// which has closed conn or set a deadline for it.
func (l *link) finish() {
	l.member.mu.Lock()
	l.muted = true
	l.member.mu.Unlock()
	l.all.Wait()
}
