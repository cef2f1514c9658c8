package room

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"peerlab/services/internal/lines"
)

// batchSize is the number of typed bytes from which on they are sent without
// waiting for more.
const batchSize = 64 << 10

// typed passes the typed lines, with their ends, from the goroutine that reads
// them to the one that sends them. It is unbuffered: lines that cannot be sent yet
// stay in the source. Lines that arrive together are one element. It is closed
// after /quit.
type typed chan []byte

// read passes the lines of in until it ends, until the line is /quit, or until ctx
// is done. It calls leave if the user has left.
func (t typed) read(ctx context.Context, in lines.Source, log *slog.Logger, leave func()) {
	var batch, line []byte
	for {
		text, err := in.Next()
		// Control characters are escaped before they are sent; the server escapes again.
		line = lines.Escape(line[:0], text)
		switch {
		case errors.Is(err, lines.ErrTooLong):
			warnTooLong(log)
			_, err = in.SkipLine()
		case len(line) > maxLine:
			warnTooLong(log)
		case err == nil:
			batch = append(append(batch, line...), '\n')
		}
		quit := err == nil && quits(line)
		if len(batch) > 0 && (err != nil || quit || !in.Ready() || len(batch) >= batchSize) {
			select {
			case t <- batch:
				batch = nil // the sender has it
			case <-ctx.Done():
				return
			}
		}
		switch {
		case quit:
			close(t)
			return
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			leave()
			return
		}
	}
}

func warnTooLong(log *slog.Logger) {
	log.Warn(fmt.Sprintf("not sent: a line of more than %d bytes; split it", maxLine))
}

// send sends the typed lines until a write fails, /quit was sent, over is closed
// or ctx is done, and then half-closes the connection. The server has two seconds
// to close its side. send reports whether /quit was sent: the server may close its
// side, and so over, as soon as it has read it.
func (t typed) send(ctx context.Context, conn net.Conn, over <-chan struct{}) (quit bool) {
	for going := true; going; {
		var batch []byte
		select {
		case batch, going = <-t:
		case <-over:
			going = false
		case <-ctx.Done():
			going = false
			select {
			case batch = <-t: // typed before the user left
			default:
			}
		}
		quit = quit || quits(lastLine(batch))
		if _, err := conn.Write(batch); err != nil {
			break // the reader of conn gets the error too, perhaps after the server's last lines
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(partTimeout)) // fails if conn is closed
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails if conn is closed
	}
	return quit
}

// lastLine returns the last line of a batch without its end.
func lastLine(batch []byte) []byte {
	line := bytes.TrimSuffix(batch, []byte{'\n'})
	return line[bytes.LastIndexByte(line, '\n')+1:]
}
