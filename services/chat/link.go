package chat

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/liveness"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

const probeTimeout = time.Second

// link is a connection after the handshake. It must keep these rules:
//
//  1. The reader, member.read, owns it: the reader alone takes it down.
//  2. The writer is the only one that writes to conn, and there is one at a time:
//     poke and push begin it when there is something to write, and it ends when
//     there is nothing left, so that an idle link has none. When it fails it
//     closes conn, and nothing else: the reader notices.
//  3. What is to be written waits in the stream, which bounds it.
//  4. Only the writer ever waits for the other side.
type link struct {
	conn        net.Conn
	in          *lines.Reader // the reader's
	pulse       *pulse        // what in reads from
	peer        *peer
	incarnation uint64 // of the other side
	own         bool   // it was dialled by the dialler of the peer
	joined      bool   // this member was let in by it; the reader's
	core        *core
	stream      *broadcast.Stream // guarded by core.mu
	liveness    *liveness.Link    // guarded by core.mu

	done chan struct{} // closed by the reader when nothing more is read
	over chan struct{} // closed by the reader when the peer has no link any more

	sent  atomic.Uint64 // the last line of ours that was written; the writer sets it
	moved atomic.Int64  // when, in Unix nanoseconds

	heard  []wire.Peer // the reader's: PEER lines that are to be acted on
	gossip peerCounts  // of those that were; guarded by member.mu
	pace   linkPace    // the reader's of the input
	writer

	closed atomic.Bool // by this side

	mu      sync.Mutex
	leaving bool            // BYE is to follow what is queued
	cause   error           // why this side has closed conn
	probes  []chan struct{} // closed by the next PONG
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
	l.closed.Store(true)
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
	l.core.send(l, wire.Ping{Token: []byte("alive")})
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
