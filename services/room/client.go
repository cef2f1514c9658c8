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

	"peerlab/services/internal/backoff"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

const (
	dialPatience = 10 * time.Second // for a server that is not there yet
	dialSay      = time.Second      // before the user is told that it is not
	dialFirst    = 50 * time.Millisecond
	dialLast     = time.Second     // between two attempts
	partPatience = 2 * time.Second // for the server to take what was typed last, and to close

	screenPatience = time.Second // for the screen, after that

	maxShown = 64 << 10 // bytes of a line that the server sends
	showSize = 64 << 10 // bytes that are shown at once
)

// Client is somebody at a terminal: it sends what is typed and shows what comes.
// All fields but Dial must be set; without it TCP is dialled.
type Client struct {
	Server string // HOST:PORT
	Screen io.Writer
	Input  Input
	Log    *slog.Logger
	Dial   func(ctx context.Context, addr string) (net.Conn, error)
}

// errNoServer says that there was nobody to connect to for as long as a client
// waits.
var errNoServer = fmt.Errorf("nobody there for %v; start room-server, or give its address with -server", dialPatience)

// Run connects and stays until "/quit" is typed, whoever typed has left, or ctx
// ends; these are success. The error is that there is no server, that the server
// has closed the connection, or that the screen is gone. The goroutine that
// reads Input ends with it; one that writes to Screen is left behind if Screen is
// stuck when the user leaves.
func (c *Client) Run(ctx context.Context) error {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	t := newTyped(ctx)
	go t.read(c.Input, c.Log, leave)
	conn, err := c.dial(ctx)
	switch {
	case err == nil: // even if the user has left meanwhile: what was typed is sent
		return c.converse(ctx, leave, conn, t)
	case ctx.Err() != nil:
		return nil
	}
	return fmt.Errorf("the server at %s: %w", c.Server, err)
}

// dial waits for the server.
func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	dial := c.Dial
	if dial == nil {
		dial = func(ctx context.Context, addr string) (net.Conn, error) { return tcp.Dial(ctx, "", addr) }
	}
	ctx, cancel := context.WithTimeoutCause(ctx, dialPatience, errNoServer)
	defer cancel()
	again := backoff.Backoff{Min: dialFirst, Max: dialLast}
	began, said := time.Now(), false
	for {
		conn, err := dial(ctx, c.Server)
		if err == nil {
			return conn, nil
		}
		if time.Since(began) > dialSay && !said {
			said = true
			c.Log.Warn(fmt.Sprintf("no server at %s yet; waiting %v for it", c.Server, dialPatience), "err", err)
		}
		pause := time.NewTimer(again.Next())
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil, context.Cause(ctx)
		}
	}
}

// converse runs the connection until it ends, and closes it. Once the user has
// left it does not wait for the screen any more, which may be stuck.
func (c *Client) converse(ctx context.Context, leave func(), conn net.Conn, t *typed) error {
	defer conn.Close()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if t.send(conn) {
			leave()
		}
	}()
	defer context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Now().Add(partPatience)) // it fails when the connection is over
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
		stuck := time.NewTimer(partPatience + screenPatience)
		defer stuck.Stop()
		select {
		case err = <-shown:
		case <-stuck.C:
		}
	}
	asked := t.end()
	conn.Close()
	<-sent
	if vanished.Load() {
		err = tcp.ErrVanished
	}
	switch {
	case errors.Is(err, errScreen):
		return err
	case asked, ctx.Err() != nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the server at %s has closed the connection; start room-client again when it is back", c.Server)
	}
	return fmt.Errorf("the connection to the server at %s is lost: %w; start room-client again", c.Server, err)
}

var errScreen = errors.New("the screen can't be written to")

// show shows what the server sends until that ends, and says why it did. All
// that comes with one read goes to the screen with one write.
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
			c.Log.Warn(fmt.Sprintf("not shown: a line of more than %d bytes", maxShown))
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
