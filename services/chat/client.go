package chat

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/tcp"
)

// ClientConfig is what a client needs to know. Peers may be empty.
type ClientConfig struct {
	Config
	ID     string
	Server string   // HOST:PORT
	Peers  []string // HOST:PORT of clients to join through
	Host   string   // the address that both ports are of
	Port1  int      // source port towards the server; 0: any
	Port2  int      // where other clients dial; 0: any free one
}

// Parse parses the arguments ID PORT1 PORT2, and checks all else. Its error says what
// is wrong and how to mend it.
func (c *ClientConfig) Parse(args []string) (err error) {
	if len(args) != 3 {
		return fmt.Errorf("%d arguments, not the three ID PORT1 PORT2, such as 1 5001 6001", len(args))
	}
	c.ID = args[0]
	if c.Port1, err = tcp.ParsePort(args[1]); err != nil {
		return fmt.Errorf("PORT1: %w", err)
	}
	if c.Port2, err = tcp.ParsePort(args[2]); err != nil {
		return fmt.Errorf("PORT2: %w", err)
	}
	if _, err = wire.ParseID(c.ID); err != nil {
		return err
	}
	if c.Port1 == c.Port2 && c.Port1 != 0 {
		return fmt.Errorf("PORT1 and PORT2 are both %d; one calls the server and the other listens, so give two different ports", c.Port1)
	}
	for _, addr := range append([]string{c.Server}, c.Peers...) {
		if err = tcp.CheckDial(addr); err != nil {
			return err
		}
	}
	return c.TLS.CheckListen(c.ListenAddr())
}

// ListenAddr returns the address where other clients dial.
func (c *ClientConfig) ListenAddr() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port2)) }

// ListenClient takes the port for other clients. c must have passed Parse. The
// error names the port and says what to do. After success Serve must be called.
func ListenClient(c ClientConfig) (*Member, error) {
	dial := func(ctx context.Context, to wire.Name, addr string) (net.Conn, error) {
		source := ""
		if to == wire.Server && c.Port1 != 0 {
			source = net.JoinHostPort(c.Host, strconv.Itoa(c.Port1))
		}
		return tcp.Dial(ctx, source, addr)
	}
	s, err := listen(c.ListenAddr(), config{Config: c.Config, Name: wire.Name(c.ID), Dial: dial})
	if err != nil {
		return nil, err
	}
	s.start = func() { s.m.join(c.Server, c.Peers) }
	return s, nil
}

// join makes the member a client that is not in yet, and dials the server, and the
// clients to join through.
func (m *member) join(server string, peers []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stage = wire.StateNew
	p := m.peerLocked(wire.Server, false)
	p.fixed = server
	m.pursueLocked(p)
	for _, addr := range peers {
		p = newPeer("")
		p.fixed = addr
		m.pursueLocked(p)
	}
}
