package chat

import (
	"context"
	"fmt"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// Probe asks the member that listens at addr whether it is well: it takes
// connections and answers. It gives up when ctx ends.
func Probe(ctx context.Context, addr string) error {
	conn, err := tcp.Dial(ctx, "", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	ping := wire.Ping{Token: []byte("health")}
	if err := write(conn, ping); err != nil {
		return fmt.Errorf("ask %s: %w", addr, err)
	}
	var pong wire.Pong
	msg, err := next(lines.NewReader(conn, wire.MaxLine))
	if err == nil {
		pong, err = as[wire.Pong](msg)
	}
	if err != nil {
		return fmt.Errorf("answer of %s: %w", addr, err)
	}
	if string(pong.Token) != string(ping.Token) {
		return fmt.Errorf("answer of %s: PONG %s", addr, pong.Token)
	}
	return nil
}
