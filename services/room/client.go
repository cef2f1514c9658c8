package room

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/tcp"
)

const (
	dialTimeout = 10 * time.Second // for the server to accept a connection
	partTimeout = 2 * time.Second  // for the server to read the last typed lines and to close

	screenTimeout = time.Second // for the screen, after that time

	maxShown = 64 << 10 // bytes; a longer line of the server is dropped
	showSize = 64 << 10 // bytes that one write to the screen holds
)

// Client sends the typed lines to the server and shows the lines that it
// receives. All fields but TLS and Dial must be set.
type Client struct {
	Server string // HOST:PORT
	Screen io.Writer
	Input  lines.Source
	TLS    mtls.Flags
	Log    *slog.Logger
	Dial   tcp.DialFunc // nil: TCP, or TLS
}

// Run connects and serves the connection until "/quit" is typed, Input ends with
// an error other than io.EOF, or ctx is done; it then returns nil. It returns an
// error if it cannot connect within 10 s, if the server closes the connection, or
// if it cannot write to Screen. The goroutine that reads Input ends when Input
// does. A goroutine that is blocked in a write to Screen when the user leaves is
// left running.
func (c *Client) Run(ctx context.Context) error {
	if c.Dial == nil {
		id, err := c.TLS.Open(c.Log)
		if err != nil {
			return err
		}
		c.Dial = id.Dial("room-server")
	}
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	t := make(typed)
	go t.read(ctx, c.Input, c.Log, leave)
	conn, err := tcp.DialWait(ctx, c.Dial, c.Server, dialTimeout, func(err error) {
		c.Log.Warn(fmt.Sprintf("no server at %s yet; waiting %v for it", c.Server, dialTimeout), "err", err)
	})
	switch {
	case err == nil: // even if the user has left meanwhile: the typed lines are still sent
		return c.converse(ctx, leave, conn, t)
	case ctx.Err() != nil:
		return nil
	}
	return fmt.Errorf("no server at %s for %v; start room-server, or give its address with -server (%w)", c.Server, dialTimeout, err)
}

// converse serves the connection until it ends, and closes it. Once the user has
// left it waits for the screen, which may be blocked, for a bounded time only.
func (c *Client) converse(ctx context.Context, leave func(), conn net.Conn, t typed) error {
	defer conn.Close()
	over, sent := make(chan struct{}), make(chan bool)
	go func() {
		quit := t.send(ctx, conn, over)
		if quit {
			leave()
		}
		sent <- quit
	}()
	defer context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Now().Add(partTimeout)) // fails if conn is closed
	})()
	var vanished atomic.Bool
	defer tcp.Watch(conn, func() {
		vanished.Store(true)
		conn.Close()
	})()
	shown := make(chan error, 1)
	go func() { shown <- c.show(conn) }()
	var err error
	select {
	case err = <-shown:
	case <-ctx.Done():
		blocked := time.NewTimer(partTimeout + screenTimeout)
		defer blocked.Stop()
		select {
		case err = <-shown:
		case <-blocked.C:
		}
	}
	close(over)
	conn.Close()
	quit := <-sent
	if vanished.Load() {
		err = tcp.ErrVanished
	}
	switch {
	case errors.Is(err, errScreen):
		return err
	case quit, ctx.Err() != nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the server at %s has closed the connection; start room-client again when the server runs again", c.Server)
	}
	return fmt.Errorf("the connection to the server at %s is lost: %w; start room-client again", c.Server, err)
}

var errScreen = errors.New("cannot write to the screen")

// show shows the lines that the server sends until the connection ends, and
// returns why it ended. Lines that arrive in one read are shown with one write.
func (c *Client) show(conn net.Conn) error {
	in := lines.NewReader(conn, maxShown)
	var out []byte
	for {
		if len(out) > 0 && (!in.Ready() || len(out) >= showSize) {
			if _, err := c.Screen.Write(out); err != nil {
				return fmt.Errorf("%w: %w", errScreen, err)
			}
			out = out[:0]
		}
		line, err := in.Next()
		switch {
		case errors.Is(err, lines.ErrTooLong):
			c.Log.Warn(fmt.Sprintf("dropped a line of more than %d bytes from the server", maxShown))
			if _, err = in.SkipLine(); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			out = append(lines.Escape(out, line), '\n')
		}
	}
}
