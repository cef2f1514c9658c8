package chat

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"

	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// ServerConfig is what a server needs to know. Registry and Advertise may be empty.
type ServerConfig struct {
	Listen      string // HOST:PORT; port 0 picks a free one
	Advertise   string // HOST:PORT that clients dial; empty: Listen
	Registry    string // path of the registry file; empty: none is kept
	Incarnation uint64 // greater than that of any server before
	Screen      io.Writer
	Input       lines.Source
	Log         *slog.Logger
}

// Parse checks that there are no arguments, and all else. Its error says what is
// wrong and how to mend it.
func (c *ServerConfig) Parse(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q is one argument too many", args[0])
	}
	if c.Advertise != "" {
		if err := tcp.CheckDial(c.Advertise); err != nil {
			return err
		}
	}
	return tcp.CheckAddr(c.Listen)
}

// Server introduces clients to each other and finds those of its predecessor
// again by its registry.
type Server struct {
	m  *member
	ln net.Listener
	in lines.Source
}

// ListenServer listens, and opens the registry. Its errors name what failed and
// the remedy. A registry that can be read and not written is no error: the log
// has a warning. After success Serve must be called.
func ListenServer(c ServerConfig) (*Server, error) {
	ln, advertise, err := listen(c.Listen, c.Advertise)
	if err != nil {
		return nil, err
	}
	m := newMember(config{
		Name: wire.Server, Incarnation: c.Incarnation, Advertise: advertise, Screen: c.Screen, Log: c.Log,
		Dial: func(ctx context.Context, _ wire.Name, addr string) (net.Conn, error) { return tcp.Dial(ctx, "", addr) },
	})
	if c.Registry != "" {
		if m.registry, err = registry.Open(c.Registry, c.Log); err != nil {
			ln.Close()
			return nil, err
		}
	} else {
		c.Log.Warn("no registry is kept (-registry is empty); a restarted server will not find its clients")
	}
	return &Server{m, ln, c.Input}, nil
}

// Addr returns where the server listens.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// Serve runs the server until ctx ends or "Exit" is typed; either is success.
// Every client has then received BYE, or had two seconds to read it. It may be
// called once.
func (s *Server) Serve(ctx context.Context) error {
	if s.m.registry != nil {
		defer s.m.registry.Close()
	}
	return s.m.serve(ctx, s.ln, s.in, s.m.recall)
}

// recall dials every client in the registry.
func (m *member) recall() {
	if m.registry == nil {
		return
	}
	entries := m.registry.Entries() // no more than wire.MaxMembers
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range entries {
		p := m.peerLocked(e.Name)
		p.registered, p.addr = true, e.Addr
		m.pursueLocked(p)
	}
}
