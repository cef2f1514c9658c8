package tcp

import (
	"context"
	"fmt"
	"io"

	"peerlab/services/internal/lines"
)

// Probe checks that a server at addr is healthy: it connects by dial, sends request,
// half-closes the connection, and reads one line of the answer, which must be want.
// If want is empty the server must close without an answer. Probe gives up when ctx
// is done.
func Probe(ctx context.Context, dial DialFunc, addr, request, want string) error {
	conn, err := dial(ctx, addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_, _ = io.WriteString(conn, request)
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // if the connection has failed, so does the read
	}
	line, err := lines.NewReader(conn, 1024).Next()
	switch {
	case want != "" && err == nil && string(line) == want, want == "" && err == io.EOF:
		return nil
	case err == nil:
		return fmt.Errorf("%s answers %s: it is another program, or of another version", addr, lines.Quote(line))
	case ctx.Err() != nil:
		return fmt.Errorf("%s accepts the connection but does not respond", addr)
	default:
		return fmt.Errorf("read from %s: %w", addr, err)
	}
}
