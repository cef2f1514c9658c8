package chat

import (
	"net"
	"sync"
	"time"
)

// writer is the writing side of a link. Only a link that has something to say has
// a goroutine for it.
type writer struct {
	bufs, rest net.Buffers // the goroutine's
	all        sync.WaitGroup

	// Guarded by link.mu.
	writing bool // there is one
	due     bool // it has been poked and has not looked yet
	muted   bool // nothing is written any more
}

// poke has the writer look for something to write.
func (l *link) poke() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pokeLocked()
}

// pokeLocked is poke for who holds l.mu.
func (l *link) pokeLocked() {
	l.due = true
	if !l.writing && !l.muted {
		l.writing = true
		l.all.Go(l.write)
	}
}

// write sends all that is queued in one write, again and again, until there is
// nothing left or the link is over.
func (l *link) write() {
	for {
		l.mu.Lock()
		control, beating, leaving := l.control, l.beating, l.leaving
		l.control, l.beating, l.due = nil, false, false
		l.mu.Unlock()

		bufs := l.bufs[:0]
		if len(control) > 0 {
			bufs = append(bufs, control)
		}
		bufs, sent := l.delivery.forLink(l, l.sent.Load(), bufs)
		last := false
		switch {
		case len(bufs) > 0:
		case leaving: // the other side closes, so that TIME_WAIT is there and not on our source port
			bufs, last = append(bufs, byeLine), true
		case beating:
			bufs = append(bufs, beatLine)
		case l.rests():
			return
		default:
			continue
		}
		l.bufs, l.rest = bufs, bufs // WriteTo eats the slice that it is called on
		if _, err := l.rest.WriteTo(l.conn); err != nil {
			l.close(err)
			last = true
		}
		if last {
			l.mute()
			return
		}
		l.sent.Store(sent)
		l.moved.Store(time.Now().UnixNano())
	}
}

var byeLine, beatLine = message{verb: verbBye}.append(nil), message{verb: verbBeat}.append(nil)

// rests reports whether the writer is to end, as nobody has poked it since it
// looked.
func (l *link) rests() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing = l.due
	return !l.writing
}

// mute has nothing written any more.
func (l *link) mute() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.muted = true
}

// finish returns when there is no writer, and will be none. It is for the reader,
// who has closed conn.
func (l *link) finish() {
	l.mute()
	l.all.Wait()
}
