package chat

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// ClientConfig is what a client needs to know. Peers and Advertise may be empty.
type ClientConfig struct {
	ID          string
	Server      string   // HOST:PORT
	Peers       []string // HOST:PORT of clients to join through
	Host        string   // the address that both ports are of
	Port1       int      // source port towards the server; 0: any
	Port2       int      // where other clients dial; 0: any free one
	Advertise   string   // HOST:PORT that other members dial; empty: Host and Port2
	Incarnation uint64   // greater than that of any client before with this ID
	Screen      io.Writer
	Input       lines.Source
	Log         *slog.Logger
}

// Parse parses the arguments ID PORT1 PORT2, and calls Check. Its error says what is
// wrong and how to mend it.
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
	return c.Check()
}

// Check returns an error that says what is wrong with the configuration and how
// to mend it, or nil.
func (c ClientConfig) Check() error {
	if _, err := wire.ParseID(c.ID); err != nil {
		return err
	}
	if c.Port1 == c.Port2 && c.Port1 != 0 {
		return fmt.Errorf("PORT1 and PORT2 are both %d; one calls the server and the other listens, so give two different ports", c.Port1)
	}
	for _, addr := range append([]string{c.Server}, c.Peers...) {
		if err := tcp.CheckDial(addr); err != nil {
			return err
		}
	}
	if c.Advertise != "" {
		return tcp.CheckDial(c.Advertise)
	}
	return nil
}

// Client is a client of the chat.
type Client struct {
	m     *member
	ln    net.Listener
	in    lines.Source
	peers []string
}

// ListenClient takes the port for other clients. c must have passed Check. The
// error names the port and says what to do. After success Serve must be called.
func ListenClient(c ClientConfig) (*Client, error) {
	name, err := wire.ParseID(c.ID)
	if err != nil {
		return nil, err
	}
	ln, advertise, err := listen(net.JoinHostPort(c.Host, strconv.Itoa(c.Port2)), c.Advertise)
	if err != nil {
		return nil, err
	}
	source := net.JoinHostPort(c.Host, strconv.Itoa(c.Port1))
	m := newMember(config{
		Name: name, Incarnation: c.Incarnation, Advertise: advertise, Screen: c.Screen, Log: c.Log,
		Dial: func(ctx context.Context, to wire.Name, addr string) (net.Conn, error) {
			if to == wire.Server && c.Port1 != 0 {
				return tcp.Dial(ctx, source, addr)
			}
			return tcp.Dial(ctx, "", addr)
		},
	})
	m.state = wire.StateNew
	m.peerLocked(wire.Server).fixed = c.Server
	return &Client{m, ln, c.Input, c.Peers}, nil
}

// Addr returns where the client listens.
func (c *Client) Addr() string { return c.ln.Addr().String() }

// Serve runs the client until ctx ends or "/quit" is typed; either is success.
// The error is that its ID is taken, or that its screen is gone. It may be
// called once.
func (c *Client) Serve(ctx context.Context) error {
	return c.m.serve(ctx, c.ln, c.in, c.begin)
}

// begin dials the server, and the clients to join through.
func (c *Client) begin() {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.m.pursueLocked(c.m.peers[wire.Server])
	for _, addr := range c.peers {
		c.m.work(func() { c.m.seek(c.m.dialling, addr) })
	}
}
