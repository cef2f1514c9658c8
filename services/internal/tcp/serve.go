package tcp

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"peerlab/services/internal/backoff"
)

// Server accepts connections and handles each in a goroutine of its own.
type Server struct {
	// Strangers bounds the number of connections that have not called known yet.
	// A new connection above the bound closes the oldest, so that idle
	// connections cannot keep clients out: a handshake takes milliseconds.
	Strangers int
	Log       *slog.Logger
	// Handle serves a connection, which is closed when Handle returns. It calls
	// known once the peer has completed its handshake. Until then Server may
	// close the connection to make room for another; it closes a connection at
	// any time if the peer vanishes: see Watch.
	Handle func(conn net.Conn, known func())
	// Unwatched is for a Handle that notices by itself that a peer has vanished:
	// each Watch wakes the process every 4 s.
	Unwatched bool

	vanishLook time.Duration // passed to watch; 0 means its default
}

// Serve accepts connections from ln until ctx is done or ln is closed. It then
// closes ln and waits for every Handle to return. It does not close their
// connections. Serve logs a temporary failure to accept, such as a lack of
// descriptors, and retries.
func (s Server) Serve(ctx context.Context, ln net.Listener) {
	defer ln.Close()
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	var all sync.WaitGroup
	defer all.Wait()
	var waiting strangers
	retry := backoff.Backoff{Min: 5 * time.Millisecond, Max: time.Second}
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.Log.Warn("cannot accept a connection; retrying", "err", err)
			if retry.Wait(ctx) != nil {
				return
			}
			continue
		}
		retry.Reset()
		waiting.add(conn, s.Strangers)
		all.Go(func() {
			defer conn.Close()
			defer waiting.remove(conn)
			if !s.Unwatched {
				defer watch(conn, cmp.Or(s.vanishLook, vanishLook), func() { s.drop(conn) })()
			}
			s.Handle(conn, func() { waiting.remove(conn) })
		})
	}
}

// drop resets a connection whose peer has vanished. A plain close would let the
// kernel retransmit unsent data for minutes.
func (s Server) drop(conn net.Conn) {
	s.Log.Warn("closed a connection", "from", conn.RemoteAddr(), "err", ErrVanished)
	if l, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = l.SetLinger(0) // fails if the connection is closed already
	}
	conn.Close()
}

// strangers holds the connections that have not called known yet, oldest first.
type strangers struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (s *strangers) add(conn net.Conn, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) >= most {
		s.conns[0].Close()
		s.conns = s.conns[1:]
	}
	s.conns = append(s.conns, conn)
}

func (s *strangers) remove(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range s.conns {
		if c == conn {
			s.conns = append(s.conns[:i], s.conns[i+1:]...)
			return
		}
	}
}
