package chat

import (
	"cmp"
	"context"
	"net"
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
	heard       []wire.Peer   // the reader's: PEER lines that are to be acted on
	pace        linkPace      // the reader's of the input
	over        chan struct{} // closed by the reader when the peer has no link any more
	writer

	// Guarded by core.mu.
	stream   *broadcast.Stream
	liveness *liveness.Link
	gossip   peerCounts      // of the PEER lines that were acted on
	cause    error           // why this side has ended it
	probes   []chan struct{} // closed by the next PONG
}

// closeLocked closes the connection and remembers why, for the reader to tell.
func (l *link) closeLocked(cause error) {
	l.cause = cmp.Or(l.cause, cause)
	l.conn.Close()
	l.core.flowing.Broadcast() // its reader may wait
}

// endLocked makes the reader end the link, and tell the other side why.
func (l *link) endLocked(cause error) {
	l.cause = cmp.Or(l.cause, cause)
	_ = l.conn.SetReadDeadline(time.Unix(1, 0)) // fails if conn is closed
}

// reason returns why the link ended: this side's own reason if it has one, or
// what the reader met.
func (l *link) reason(met error) error {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	return cmp.Or(l.cause, met)
}

// probe reports whether the other side answers within a second. It returns at
// once when the link ends.
func (l *link) probe(ctx context.Context) bool {
	answer := make(chan struct{})
	l.core.lock()
	l.probes = append(l.probes, answer)
	l.core.state.Send(l.stream, wire.Ping{Token: []byte("alive")})
	l.core.unlock()
	timeout := time.NewTimer(probeTimeout)
	defer timeout.Stop()
	select {
	case <-answer:
		return true
	case <-l.over:
	case <-timeout.C:
	case <-ctx.Done():
	}
	return false
}

// answeredLocked ends all probes that are under way.
func (l *link) answeredLocked() {
	for _, p := range l.probes {
		close(p)
	}
	l.probes = nil
}
