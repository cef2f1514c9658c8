package chat

import (
	"cmp"
	"context"
	"fmt"
	"net"

	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/tcp"
)

// ServerConfig is what a server needs to know.
type ServerConfig struct {
	Config
	Listen   string // HOST:PORT; port 0 picks a free one
	Registry string // path of the registry file; empty: none is kept
}

// Parse checks that there are no arguments, and all else. Its error says what is
// wrong and how to mend it.
func (c *ServerConfig) Parse(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q is one argument too many", args[0])
	}
	return cmp.Or(tcp.CheckAddr(c.Listen), c.TLS.CheckListen(c.Listen))
}

// ListenServer listens, and opens the registry. Its errors name what failed and
// the remedy. A registry that can be read and not written is no error: the log
// has a warning. After success Serve must be called.
func ListenServer(c ServerConfig) (*Member, error) {
	dial := func(ctx context.Context, _ wire.Name, addr string) (net.Conn, error) { return tcp.Dial(ctx, "", addr) }
	s, err := listen(c.Listen, config{Config: c.Config, Name: wire.Server, Dial: dial})
	if err != nil {
		return nil, err
	}
	s.start = s.m.recall
	if c.Registry == "" {
		c.Log.Warn("no registry is kept (-registry is empty); a restarted server will not find its clients")
	} else if s.m.registry, err = registry.Open(c.Registry, c.Log); err != nil {
		s.ln.Close()
		return nil, err
	}
	return s, nil
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
		p := m.peerLocked(e.Name, false)
		p.registered, p.addr = true, e.Addr
		m.pursueLocked(p)
	}
}
