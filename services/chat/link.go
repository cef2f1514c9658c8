package chat

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"peerlab/services/internal/lines"

	"peerlab/services/chat/internal/wire"
)

const (
	linkBatch    = 256 << 10 // bytes of chat that one write takes at most, so that control lines get in between
	maxControl   = 1 << 20   // bytes of control lines that may wait for a link
	probeTimeout = time.Second
)

// errSlow is why a link is cut whose other side asks and does not read.
var errSlow = errors.New("the other side does not read what it asked for")

// link is a connection after the handshake. It must keep these rules:
//
//  1. The reader, member.read, owns it: the reader alone takes it down.
//  2. The writer is the only one that writes to conn, and there is one at a time:
//     poke and push begin it when there is something to write, and it ends when
//     there is nothing left, so that an idle link has none. When it fails it
//     closes conn, and nothing else: the reader notices.
//  3. Chat lines are read from the history, never queued here. Control lines
//     are queued, up to maxControl; over that the link is cut.
//  4. Nobody but the writer ever waits for the other side.
type link struct {
	conn        net.Conn
	in          *lines.Reader // the reader's
	parser      wire.Parser   // the reader's
	pulse       *pulse        // what in reads from
	peer        *peer
	incarnation uint64 // of the other side
	last        uint64 // what its HELLO said
	own         bool   // it was dialled by the dialler of the peer
	joined      bool   // this member was let in by it
	delivery    *delivery

	done chan struct{} // closed by the reader when nothing more is read
	over chan struct{} // closed by the reader when the peer has no link any more

	sent  atomic.Uint64 // the last line of ours that was written; the writer sets it
	moved atomic.Int64  // when, in Unix nanoseconds

	listed int       // the reader's: how many lines of the list are to come
	list   []mention // the reader's: those that have come and say something new
	pace   linkPace  // the reader's of the input
	writer

	// Guarded by delivery.mu.
	origin   *origin // the process at the other side
	told     uint64  // the first round of which it has not been told
	requests []request
	incoming

	mu      sync.Mutex
	control []byte
	beating bool            // an empty line is to be written if there is nothing else
	leaving bool            // BYE is to follow what is queued
	cause   error           // why this side has closed conn
	probes  []chan struct{} // closed by the next PONG
}

// send queues a control line.
func (l *link) send(m wire.Message) { l.queue(m.Append(nil)) }

// queue queues control lines that are encoded already.
func (l *link) queue(encoded []byte) {
	l.mu.Lock()
	l.control = append(l.control, encoded...)
	slow := len(l.control) > maxControl
	if !slow {
		l.pokeLocked()
	}
	l.mu.Unlock()
	if slow {
		l.close(errSlow)
	}
}

// busy reports whether control lines are waiting.
func (l *link) busy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.control) > 0
}

// beat has an empty line written if nothing else has been for a while.
func (l *link) beat(now time.Time) {
	if now.Sub(time.Unix(0, l.moved.Load())) < beatAfter {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.beating = true
	l.pokeLocked()
}

// leave has BYE sent after all that is queued; the other side then closes.
func (l *link) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leaving = true
	l.pokeLocked()
}

// close closes the connection and remembers why, for the reader to tell.
func (l *link) close(cause error) {
	l.mu.Lock()
	if l.cause == nil {
		l.cause = cause
	}
	l.mu.Unlock()
	l.conn.Close()
}

// reason returns why the link ended: this side's own reason if it has one, or
// what the reader met.
func (l *link) reason(met error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return l.cause
	}
	return met
}

// probe reports whether the other side answers within a second. It returns at
// once when the link ends.
func (l *link) probe(ctx context.Context) bool {
	answer := make(chan struct{})
	l.mu.Lock()
	l.probes = append(l.probes, answer)
	l.mu.Unlock()
	l.send(wire.Ping{Token: []byte("alive")})
	timeout := time.NewTimer(probeTimeout)
	defer timeout.Stop()
	select {
	case <-answer:
		return true
	case <-l.done:
	case <-timeout.C:
	case <-ctx.Done():
	}
	return false
}

// answered ends all probes that are under way.
func (l *link) answered() {
	l.mu.Lock()
	probes := l.probes
	l.probes = nil
	l.mu.Unlock()
	for _, p := range probes {
		close(p)
	}
}
