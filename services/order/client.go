package order

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"peerlab/services/internal/backoff"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

const (
	dialTime    = 10 * time.Second // for a server to be there
	verdictTime = 45 * time.Second // for a verdict, which a server of ours has said more than 10 s before
)

// Client sends one message and shows the verdict. Dial may be left out.
type Client struct {
	Server     string // HOST:PORT
	Name, Text string
	Screen     io.Writer
	Log        *slog.Logger
	Dial       func(ctx context.Context, addr string) (net.Conn, error)
}

// Parse takes in the arguments NAME TEXT and checks them and all else.
func (c *Client) Parse(args []string) error {
	switch {
	case len(args) < 2:
		return errors.New("NAME and TEXT are wanted, such as X Ahnaf; what begins with - goes after --")
	case len(args) > 2:
		return fmt.Errorf("%q is one argument too many; put a TEXT of several words in quotes", args[2])
	}
	c.Name, c.Text = args[0], args[1]
	if err := tcp.CheckAddr(c.Server); err != nil {
		return err
	}
	return check(c.Name, c.Text)
}

// Run sends the message, and shows it and the verdict. It waits 10 s for a server
// that is not there yet. An error says why there is no verdict, as does one at
// the end of ctx.
func (c *Client) Run(ctx context.Context) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_ = conn.SetDeadline(time.Now().Add(verdictTime)) // fails only when the connection has, which the next step meets too
	message := salutation + c.Name + ": " + c.Text
	if _, err := io.WriteString(conn, message+"\n"); err != nil {
		return c.without(ctx, err)
	}
	if _, err := fmt.Fprintln(c.Screen, message); err != nil {
		return fmt.Errorf("the screen: %w", err)
	}
	verdict, err := c.hear(conn)
	if err != nil {
		return c.without(ctx, err)
	}
	if _, err := fmt.Fprintln(c.Screen, verdict); err != nil {
		return fmt.Errorf("the screen: %w", err)
	}
	return nil
}

// dial connects to the server, again and again for as long as it may take to start.
func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	dial := c.Dial
	if dial == nil {
		dial = func(ctx context.Context, addr string) (net.Conn, error) { return tcp.Dial(ctx, "", addr) }
	}
	limited, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	wait := backoff.Backoff{Min: 50 * time.Millisecond, Max: time.Second}
	for {
		conn, err := dial(limited, c.Server)
		if err == nil {
			return conn, nil
		}
		c.Log.Debug("no server yet; trying again", "addr", c.Server, "err", err)
		pause := time.NewTimer(wait.Next())
		select {
		case <-pause.C:
		case <-limited.Done():
			pause.Stop()
			if ctx.Err() != nil {
				return nil, c.without(ctx, err)
			}
			return nil, fmt.Errorf("no server at %s for %v; start one with: order-server -listen %s (%w)", c.Server, dialTime, c.Server, err)
		}
	}
}

// hear reads the verdict, which may lack its LF.
func (c *Client) hear(conn net.Conn) (string, error) {
	in := lines.NewReader(conn, maxVerdict)
	line, err := in.Next()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		line, err = in.Rest(), nil
	}
	if err != nil {
		return "", err
	}
	said := string(lines.Escape(nil, line))
	if rest, ok := strings.CutPrefix(said, refused); ok {
		code, reason, _ := strings.Cut(rest, " ")
		return "", &refusal{code, reason}
	}
	return said, nil
}

// without is the error of having no verdict.
func (c *Client) without(ctx context.Context, err error) error {
	var why *refusal
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted before there was a verdict")
	case errors.As(err, &why):
		return fmt.Errorf("no verdict: %s says: %s", c.Server, why.reason)
	case err == io.EOF:
		return fmt.Errorf("no verdict: %s has closed the connection; perhaps its last round is over: try again", c.Server)
	}
	return fmt.Errorf("no verdict from %s: %w", c.Server, err)
}
