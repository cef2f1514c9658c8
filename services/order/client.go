package order

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/tcp"
)

const (
	dialTime    = 10 * time.Second // for the server to accept a connection
	verdictTime = 45 * time.Second // for a verdict; this implementation's server sends one, or an ERR line, at least 10 s earlier
)

// Client sends one message and shows the verdict. All fields but TLS and Dial
// must be set.
type Client struct {
	Server     string // HOST:PORT
	Name, Text string
	Screen     io.Writer
	TLS        mtls.Flags
	Log        *slog.Logger
	Dial       tcp.DialFunc // nil: TCP, or TLS
}

// Parse sets Name and Text from the arguments NAME TEXT, and checks all fields.
func (c *Client) Parse(args []string) error {
	switch {
	case len(args) < 2:
		return errors.New("give NAME and TEXT, such as X Ahnaf; an argument that begins with - goes after --")
	case len(args) > 2:
		return fmt.Errorf("%q is one argument too many; put a TEXT of several words in quotes", args[2])
	}
	c.Name, c.Text = args[0], args[1]
	if err := tcp.CheckAddr(c.Server); err != nil {
		return err
	}
	return check(c.Name, c.Text)
}

// Run sends the message, shows it, and shows the verdict. It waits 10 s for a
// server that has not started yet. The error is the reason why there is no
// verdict; it is not nil if ctx is done first.
func (c *Client) Run(ctx context.Context) error {
	if c.Dial == nil {
		id, err := c.TLS.Open(c.Log)
		if err != nil {
			return err
		}
		c.Dial = id.Dial("order-server")
	}
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_ = conn.SetDeadline(time.Now().Add(verdictTime)) // if it fails, the next call on conn fails too
	message := salutation + c.Name + ": " + c.Text
	if _, err := io.WriteString(conn, message+"\n"); err != nil {
		return c.noVerdict(ctx, err)
	}
	if _, err := fmt.Fprintln(c.Screen, message); err != nil {
		return fmt.Errorf("the screen: %w", err)
	}
	verdict, err := c.readVerdict(conn)
	if err != nil {
		return c.noVerdict(ctx, err)
	}
	if _, err := fmt.Fprintln(c.Screen, verdict); err != nil {
		return fmt.Errorf("the screen: %w", err)
	}
	return nil
}

// dial connects to the server, which may need dialTime to start.
func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	conn, err := tcp.DialWait(ctx, c.Dial, c.Server, dialTime, func(err error) {
		c.Log.Debug("no server yet; retrying", "addr", c.Server, "err", err)
	})
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, c.noVerdict(ctx, err)
	}
	return nil, fmt.Errorf("no server at %s for %v; start one with: order-server -listen %s (%w)", c.Server, dialTime, c.Server, err)
}

// readVerdict reads the verdict, whose LF may be missing.
func (c *Client) readVerdict(conn net.Conn) (string, error) {
	in := lines.NewReader(conn, maxVerdict)
	line, err := in.Next()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		line, err = in.Rest(), nil
	}
	if err != nil {
		return "", err
	}
	if r, ok := lines.ParseRefusal(string(line)); ok {
		return "", r
	}
	return string(lines.Escape(nil, line)), nil
}

// noVerdict returns the error of Run for a client that has received no verdict
// because of err.
func (c *Client) noVerdict(ctx context.Context, err error) error {
	var why *lines.Refusal
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted before there was a verdict")
	case errors.As(err, &why):
		return fmt.Errorf("no verdict: %s answered: %s", c.Server, why.Reason)
	case err == io.EOF:
		return fmt.Errorf("no verdict: %s has closed the connection; perhaps its last round is over: try again", c.Server)
	}
	return fmt.Errorf("no verdict from %s: %w", c.Server, err)
}
