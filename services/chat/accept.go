package chat

import (
	"context"
	"errors"
	"net"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// maxStrangers bounds the connections that have not finished their handshake.
const maxStrangers = 256

// accept takes connections until no member is admitted any more, and returns when all
// are over.
func (m *member) accept(ln net.Listener) {
	tcp.Server{
		Strangers: maxStrangers,
		Log:       m.Log,
		Unwatched: true, // see liveness
		Handle:    m.admit,
	}.Serve(m.dialling, ln)
}

// admit runs a connection that came in, from its first byte to its last.
func (m *member) admit(conn net.Conn, known func()) {
	var l *link
	err := errTLS
	if conn = m.identity.Server(m.dialling, conn); conn != nil {
		l, err = m.shakeHands(conn, "", nil)
	}
	switch {
	case l != nil:
		known()
		m.run(l)
	case err != nil:
		if !lines.IsRefusal(err, "linked") && !lines.IsRefusal(err, "crossed") {
			m.mu.Lock()
			m.turnedAway++
			m.mu.Unlock()
		}
		switch {
		case lines.IsRefusal(err, "certificate"):
			m.identity.Refused(conn, err)
		case err != errTLS:
			m.Log.Debug("refused", "from", conn.RemoteAddr(), "err", err)
		}
	}
}

// errTLS says that a connection ended in the handshake of TLS, which has been logged.
var errTLS = errors.New("no TLS")

// Probe checks that the member that listens at addr accepts connections and answers.
func (c Config) Probe(ctx context.Context, addr string) error {
	return c.TLS.Probe(ctx, addr, "PING health\n", "PONG health")
}

// sleep waits for d and reports whether ctx is still alive then.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
