package room

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"peerlab/services/internal/lines"
)

// typedAhead bounds the bytes that are queued before the server receives them.
// Lines above it stay in the source; a terminal still handles Ctrl-C.
const typedAhead = 256 << 10

// typed is the queue of typed lines that are not sent yet. One goroutine reads,
// another sends.
type typed struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []byte
	spare   []byte // the buffer that is not being filled
	last    bool   // no more lines are accepted: ctx is done, or /quit was typed
	over    bool   // the connection has ended
	stop    func() bool
}

func newTyped(ctx context.Context) *typed {
	t := &typed{}
	t.changed.L = &t.mu
	t.stop = context.AfterFunc(ctx, func() { t.set(&t.last) })
	return t
}

func (t *typed) set(flag *bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*flag = true
	t.changed.Broadcast()
}

// end marks the connection as ended, and reports whether the user has asked to
// leave.
func (t *typed) end() (asked bool) {
	t.stop()
	t.set(&t.over)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// read queues the typed lines until Input ends, and calls leave if the user has
// left.
func (t *typed) read(in lines.Source, log *slog.Logger, leave func()) {
	var buf []byte
	for {
		line, err := in.Next()
		switch {
		case errors.Is(err, lines.ErrTooLong):
			if _, err = in.SkipLine(); err == nil {
				warnTooLong(log)
			}
			continue
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			leave()
			return
		}
		// Control characters are escaped before they are sent; the server escapes
		// again.
		if buf = lines.Escape(buf[:0], line); len(buf) > maxLine {
			warnTooLong(log)
			continue
		}
		if !t.add(buf) {
			return
		}
	}
}

func warnTooLong(log *slog.Logger) {
	log.Warn(fmt.Sprintf("not sent: a line of more than %d bytes; split it", maxLine))
}

// add queues one line. It waits while the queue is full, and reports whether the
// line may still be sent.
func (t *typed) add(line []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.waiting) >= typedAhead && !t.last && !t.over {
		t.changed.Wait()
	}
	if t.last || t.over {
		return false
	}
	t.waiting = append(append(t.waiting, line...), '\n')
	t.last = quits(line)
	t.changed.Broadcast()
	return true
}

// send sends the queued lines until a write fails or the user leaves, and then
// half-closes the connection. The server has two seconds to close its side. send
// reports whether the user leaves.
func (t *typed) send(conn net.Conn) (leaves bool) {
	for {
		t.mu.Lock()
		for len(t.waiting) == 0 && !t.last && !t.over {
			t.changed.Wait()
		}
		out, over := t.waiting, t.over
		t.waiting = t.spare[:0]
		t.changed.Broadcast()
		t.mu.Unlock()
		if len(out) == 0 || over {
			break
		}
		if _, err := conn.Write(out); err != nil {
			break // the reader of conn gets the error too, perhaps after the server's last lines
		}
		t.spare = out
	}
	_ = conn.SetReadDeadline(time.Now().Add(partTimeout)) // fails if conn is closed
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails if conn is closed
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}
