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

// Server takes connections and runs each in a goroutine of its own.
type Server struct {
	// Strangers bounds the connections that have not become known yet. The
	// oldest makes room for the newest, so that those who only hold connections
	// open keep nobody out: an honest handshake takes milliseconds.
	Strangers int
	Log       *slog.Logger
	// Handle runs a connection, which is closed when it returns. It calls known
	// once the other side has said what it wants. Until then the connection may be
	// closed under it to make room, and at any time if the peer vanishes: see Watch.
	Handle func(conn net.Conn, known func())

	vanishLook time.Duration // of Watch; 0: its default
}

// Serve accepts connections from ln until ctx ends or ln is closed, closes ln,
// and waits for all Handles. It does not close their connections: Handle knows
// when to. A failure to accept that may pass, such as a lack of descriptors, is
// logged and tried again.
func (s Server) Serve(ctx context.Context, ln net.Listener) {
	defer ln.Close()
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	var all sync.WaitGroup
	defer all.Wait()
	var waiting strangers
	again := backoff.Backoff{Min: 5 * time.Millisecond, Max: time.Second}
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.Log.Warn("cannot accept a connection; trying again", "err", err)
			pause := time.NewTimer(again.Next())
			select {
			case <-pause.C:
				continue
			case <-ctx.Done():
				pause.Stop()
				return
			}
		}
		again.Reset()
		waiting.add(conn, s.Strangers)
		all.Go(func() {
			defer conn.Close()
			defer waiting.remove(conn)
			defer watch(conn, cmp.Or(s.vanishLook, vanishLook), func() { s.drop(conn) })()
			s.Handle(conn, func() { waiting.remove(conn) })
		})
	}
}

// drop closes a connection whose peer has vanished. What is unsent is dropped:
// the kernel would go on sending it for minutes.
func (s Server) drop(conn net.Conn) {
	s.Log.Warn("closed a connection", "from", conn.RemoteAddr(), "err", ErrVanished)
	if l, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = l.SetLinger(0) // fails if the connection is closed already
	}
	conn.Close()
}

// strangers are connections that are not known yet, the oldest first.
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
