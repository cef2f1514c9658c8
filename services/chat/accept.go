package chat

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"peerlab/services/internal/backoff"
)

// maxStrangers bounds the connections that have not finished their handshake.
// The oldest makes room for the newest, so that those who only hold connections
// open keep nobody out: an honest handshake takes milliseconds.
const maxStrangers = 256

// accept takes connections until ln is closed, each into a goroutine of its own.
func (m *member) accept(ctx context.Context, ln net.Listener) {
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	var s strangers
	again := backoff.Backoff{Min: 5 * time.Millisecond, Max: time.Second}
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			again.Reset()
			s.add(conn)
			m.work(func() { m.received(ctx, conn, &s) })
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of descriptors, most likely: that passes
			m.Log.Warn("cannot accept a connection; trying again", "err", err)
			if !sleep(ctx, again.Next()) {
				return
			}
		}
	}
}

// received runs a connection that came in, from its first byte to its last.
func (m *member) received(ctx context.Context, conn net.Conn, s *strangers) {
	defer conn.Close()
	defer context.AfterFunc(m.hard, func() { conn.Close() })()
	l, err := m.answer(ctx, conn)
	s.remove(conn)
	if err == nil && l != nil {
		m.up(l)
		return
	}
	if err != nil {
		m.Log.Debug("refused", "from", conn.RemoteAddr(), "err", err)
	}
}

// strangers are the connections that are still in their handshake, the oldest first.
type strangers struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (s *strangers) add(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) >= maxStrangers {
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
