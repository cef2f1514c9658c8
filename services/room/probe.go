package room

import (
	"context"
	"fmt"
	"net"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// Probe checks that the server at addr is healthy: it connects, half-closes at
// once, so that the server does not announce it, and waits for the greeting.
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
		return fmt.Errorf("expected the greeting, received %s", lines.Quote(line))
	}
	return nil
}
