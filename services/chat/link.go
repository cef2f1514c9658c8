package chat

import (
	"cmp"
	"context"
	"net"
	"sync/atomic"
	"time"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/liveness"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/outbox"
)

const probeTimeout = time.Second

// errSilent is why a link is closed over which nothing comes.
var errSilent = lines.Refuse("silent", "nothing was heard for 3 seconds")

// link is a connection after the handshake. It must keep these rules:
//
//  1. The reader, member.read, owns it: the reader alone takes it down.
//  2. The writer is the only one that writes to conn. When it fails it closes conn,
//     and nothing else: the reader notices.
//  3. What is to be written waits in the stream, which bounds it.
//  4. Only the writer ever waits for the other side.
type link struct {
	member      *member
	conn        net.Conn
	tls         *mtls.Conn    // conn; nil: it is plain
	in          *lines.Reader // the reader's
	waiting     atomic.Int64  // since when in waits for data, in Unix nanoseconds; 0: it does not wait
	peer        *peer
	incarnation uint64        // of the other side
	own         bool          // it was dialled by the dialler of the peer
	heard       []wire.Peer   // the reader's: PEER lines that are to be acted on
	awaited     time.Time     // when the input ceases to wait for it; zero: it is not behind. The reader's of the input
	over        chan struct{} // closed by the reader when the peer has no link any more
	writer      *outbox.Writer

	// Guarded by member.mu.
	stream   *broadcast.Stream
	liveness *liveness.Link
	gossip   peerCounts      // of the PEER lines that were acted on
	cause    error           // why this side has ended it
	probes   []chan struct{} // closed by the next PONG
	through  uint64          // the last line of ours that is being written, or was
	sent     uint64          // the last line of ours that was written
	moved    time.Time       // when something was written last
	leaving  bool            // BYE is to follow what is queued
	saidBye  bool            // and nothing follows BYE
}

func newLink(m *member, conn net.Conn, p *peer) *link {
	l := &link{member: m, conn: conn, peer: p, own: p != nil && p.name != "", over: make(chan struct{})}
	l.in = lines.NewReader(l, wire.MaxLine)
	l.tls, _ = conn.(*mtls.Conn)
	l.writer = outbox.New(conn, &m.mu, l)
	return l
}

// Next and Wrote are what the writer of a link calls: see outbox.Source.
func (l *link) Next(bufs net.Buffers) net.Buffers {
	if l.saidBye {
		return bufs
	}
	bufs, l.through = l.member.state.Next(l.stream, l.sent, bufs)
	if len(bufs) == 0 && l.leaving { // the other side closes, so that TIME_WAIT is there and not on our source port
		l.saidBye = true
		bufs = append(bufs, wire.Bye{}.Append(nil))
	}
	return bufs
}

func (l *link) Wrote(err error) {
	if err != nil {
		l.closeLocked(err)
		return
	}
	l.sent, l.moved = l.through, time.Now()
}

// Read reads from the connection for in, and records since when it waits. Time in which
// the reader does something else, such as waiting for the screen, is no silence of the
// other side.
func (l *link) Read(b []byte) (int, error) {
	l.waiting.Store(time.Now().UnixNano())
	defer l.waiting.Store(0)
	return l.conn.Read(b)
}

// silence returns for how long nothing has come.
func (l *link) silence(now time.Time) time.Duration {
	since := l.waiting.Load()
	switch {
	case since == 0:
		return 0
	case l.tls != nil:
		since = max(since, l.tls.Heard())
	}
	return now.Sub(time.Unix(0, since))
}

// Traffic, Send and GiveUp are what the failure detector uses. Like all of
// liveness.Conn they expect the lock.
func (l *link) Traffic(now time.Time) (silence, idle time.Duration) {
	return l.silence(now), now.Sub(l.moved)
}
func (l *link) Send(m wire.Message) { l.member.state.Send(l.stream, m) }
func (l *link) GiveUp()             { l.endLocked(errSilent) }

// closeLocked closes the connection and remembers why, for the reader to tell.
func (l *link) closeLocked(cause error) {
	l.cause = cmp.Or(l.cause, cause)
	l.conn.Close()
	l.member.flowing.Broadcast() // its reader may wait
}

// endLocked makes the reader end the link, and tell the other side why.
func (l *link) endLocked(cause error) {
	l.cause = cmp.Or(l.cause, cause)
	_ = l.conn.SetReadDeadline(time.Unix(1, 0)) // fails if conn is closed
}

// reason returns why the link ended: this side's own reason if it has one, or
// what the reader met.
func (l *link) reason(met error) error {
	l.member.mu.Lock()
	defer l.member.mu.Unlock()
	return cmp.Or(l.cause, met)
}

// probe reports whether the other side answers within a second. It returns at
// once when the link ends.
func (l *link) probe(ctx context.Context) bool {
	answer := make(chan struct{})
	l.member.mu.Lock()
	l.probes = append(l.probes, answer)
	l.Send(wire.Ping{Token: []byte("alive")})
	l.member.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	select {
	case <-answer:
		return true
	case <-l.over:
	case <-ctx.Done():
	}
	return false
}

// isOver reports whether the link has ended.
func (l *link) isOver() bool {
	select {
	case <-l.over:
		return true
	default:
		return false
	}
}

// answeredLocked ends all probes that are under way.
func (l *link) answeredLocked() {
	for _, p := range l.probes {
		close(p)
	}
	l.probes = nil
}
