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
	final   bool        // nothing is to follow bufs

	raw     syscall.RawConn  // of conn; nil: push has not been here
	attempt func(fd uintptr) // once

	all sync.WaitGroup

	// Guarded by link.mu.
	writing bool // there is one
	due     bool // it has been poked and has not looked yet
	muted   bool // nothing more is written
}

// poke makes the writer look for something to write.
func (l *link) poke() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pokeLocked()
}

// pokeLocked is poke for who holds l.mu.
func (l *link) pokeLocked() {
	if l.beginLocked() {
		l.all.Go(l.write)
	}
}

// beginLocked reports whether the caller is the writer now: there may be something
// to write, and there was none.
func (l *link) beginLocked() bool {
	l.due = true
	if l.writing || l.muted {
		return false
	}
	l.writing = true
	return true
}

// push writes what there is to write, if it is little and the connection takes it
// at once; what is left is for a goroutine. It does not wait for the other side.
// It takes core.mu.
func (l *link) push() {
	l.mu.Lock()
	begins := l.beginLocked()
	if begins {
		l.all.Add(1)
	}
	l.mu.Unlock()
	if !begins {
		return
	}
	defer l.all.Done()
	if left := l.collect() && (!l.pushed() || l.collect()); left || !l.rests() {
		l.all.Go(l.write)
	}
}

// write sends all that is queued in one write, again and again, until there is
// nothing left or the link is over.
func (l *link) write() {
	for {
		if len(l.bufs) == 0 && !l.collect() {
			if l.rests() {
				return
			}
			continue
		}
		l.rest = l.bufs // WriteTo eats the slice that it is called on
		if _, err := l.rest.WriteTo(l.conn); err != nil {
			l.close(err)
			l.bufs = nil
			l.mute()
			continue
		}
		l.written()
	}
}

// collect gathers what is to be written next, and reports whether that is
// anything. It is for the writer, once bufs has been written.
func (l *link) collect() bool {
	l.mu.Lock()
	l.due = false
	if l.muted {
		l.mu.Unlock()
		return false
	}
	leaving := l.leaving
	l.mu.Unlock()

	l.bufs, l.through = l.core.next(l, l.sent.Load(), l.bufs)
	switch {
	case len(l.bufs) > 0:
	case leaving: // the other side closes, so that TIME_WAIT is there and not on our source port
		l.bufs, l.final = append(l.bufs, byeLine), true
	}
	return len(l.bufs) > 0
}

var byeLine = wire.Bye{}.Append(nil)

// written notes that bufs has been written.
func (l *link) written() {
	clear(l.bufs)
	l.bufs = l.bufs[:0]
	l.sent.Store(l.through)
	l.moved.Store(time.Now().UnixNano())
	if l.final {
		l.mute()
	}
}

// pushed writes bufs if it is little, and reports whether the connection took all
// of it at once. It is for push.
func (l *link) pushed() bool {
	if len(l.bufs) != 1 || len(l.bufs[0]) > pushLimit {
		return false
	}
	if l.raw == nil {
		conn, ok := l.conn.(syscall.Conn)
		if !ok {
			return false // in memory
		}
		raw, err := conn.SyscallConn()
		if err != nil {
			return false // write meets the same
		}
		l.raw, l.attempt = raw, l.once
	}
	if l.raw.Control(l.attempt) != nil || len(l.bufs[0]) > 0 {
		return false
	}
	l.written()
	return true
}

// once writes as much of the first of bufs as fd, which does not block, takes.
func (w *writer) once(fd uintptr) {
	if n, err := syscall.Write(int(fd), w.bufs[0]); err == nil {
		w.bufs[0] = w.bufs[0][n:]
	}
}

// rests reports whether the writer is to end, as it was not poked since it
// looked.
func (l *link) rests() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing = l.due && !l.muted
	return !l.writing
}

// mute has nothing more written than what is being written.
func (l *link) mute() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.muted = true
}

// finish returns when there is no writer, and will be none. It is for the reader,
// who has closed conn or set a deadline for it.
func (l *link) finish() {
	l.mute()
	l.all.Wait()
}
