package chat

import (
	"context"
	"net"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// maxStrangers bounds the connections that have not finished their handshake.
const maxStrangers = 256

// accept takes connections until ctx ends, and returns when all are over.
func (m *member) accept(ctx context.Context, ln net.Listener) {
	tcp.Server{
		Strangers: maxStrangers,
		Log:       m.Log,
		Unwatched: true, // see liveness
		Handle:    func(conn net.Conn, known func()) { m.received(ctx, conn, known) },
	}.Serve(ctx, ln)
}

// received runs a connection that came in, from its first byte to its last.
func (m *member) received(ctx context.Context, conn net.Conn, known func()) {
	admitted := make(chan *link)
	go func() { admitted <- m.admit(ctx, conn, known) }() // see run
	if l := <-admitted; l != nil {
		m.run(l)
	}
}

// admit performs the handshake, and returns the link that is up then, or nil.
func (m *member) admit(ctx context.Context, conn net.Conn, known func()) *link {
	l, err := m.answer(ctx, conn)
	if err != nil {
		if !lines.IsRefusal(err, "linked") && !lines.IsRefusal(err, "crossed") {
			m.lock()
			m.turnedAway++
			m.unlock()
		}
		m.Log.Debug("refused", "from", conn.RemoteAddr(), "err", err)
		return nil
	}
	known()
	return l
}

// sleep waits for d and reports whether ctx is still alive then.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
