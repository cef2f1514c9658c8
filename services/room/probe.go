package room

import (
	"context"
	"fmt"
	"net"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// Probe asks the server at addr if it is well: it connects, leaves at once, so
// that nobody is told of it, and waits for the greeting.
func Probe(ctx context.Context, addr string) error {
	conn, err := tcp.Dial(ctx, "", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	return probe(conn)
}

func probe(conn interface {
	net.Conn
	CloseWrite() error
},
) error {
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	line, err := lines.NewReader(conn, maxLine).Next()
	if err != nil {
		return fmt.Errorf("no greeting: %w", err)
	}
	if string(line)+"\n" != lineGreeting {
		return fmt.Errorf("no greeting, but %s", lines.Quote(line))
	}
	return nil
}
