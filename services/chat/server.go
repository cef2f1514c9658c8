package chat

import (
	"context"
	"io"
	"log/slog"
	"net"

	"peerlab/services/internal/tcp"
)

// ServerConfig is what a server needs to know. All fields but Registry must be set.
type ServerConfig struct {
	Listen      string // HOST:PORT; port 0 picks a free one
	Registry    string // path of the registry file; empty: none is kept
	Incarnation uint64 // greater than that of any server before
	Screen      io.Writer
	Input       Input
	Log         *slog.Logger
}

// Server introduces clients to each other and finds those of its predecessor
// again by its registry.
type Server struct {
	m  *member
	ln net.Listener
	in Input
}

// ListenServer takes the port and the registry. The errors name what could not
// be had and say what to do. A registry that can only not be written is no
// error: the log has a warning. After success Serve must be called.
func ListenServer(c ServerConfig) (*Server, error) {
	ln, err := tcp.Listen(c.Listen)
	if err != nil {
		return nil, err
	}
	m := newMember(config{
		Name: server, Incarnation: c.Incarnation, Advertise: ln.Addr().String(),
		Screen: c.Screen, Log: c.Log,
		Dial: func(ctx context.Context, _ Name, addr string) (net.Conn, error) { return tcp.Dial(ctx, "", addr) },
	})
	if c.Registry != "" {
		if m.registry, err = OpenRegistry(c.Registry, c.Log); err != nil {
			ln.Close()
			return nil, err
		}
	}
	return &Server{m, ln, c.Input}, nil
}

// Addr returns where the server listens.
func (s *Server) Addr() string { return s.m.Advertise }

// Serve runs the server until ctx ends or "Exit" is typed; either is success.
// Every client has then been told, or had two seconds to listen. It may be
// called once.
func (s *Server) Serve(ctx context.Context) error {
	if s.m.registry != nil {
		defer s.m.registry.Close()
	}
	return s.m.serve(ctx, s.ln, s.in, s.m.recall)
}

// recall dials everybody in the registry.
func (m *member) recall() {
	if m.registry == nil {
		return
	}
	entries := m.registry.Entries()
	if len(entries) > maxPeers {
		m.Log.Warn("the registry holds more clients than there is room for", "clients", len(entries), "room", maxPeers)
		entries = entries[:maxPeers]
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range entries {
		p := m.peerLocked(e.Name)
		p.registered, p.addr = true, e.Addr
		m.pursueLocked(p)
	}
}
