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

// Input hands out the lines that are typed, without their ends. io.EOF says that
// there will be no more, any other error than lines.ErrTooLong that whoever
// typed has left.
type Input interface {
	Next() ([]byte, error)
	SkipLine() (int64, error) // drops the rest of a line that was too long
}

// typedAhead is how much may be typed, in bytes, before the server takes it.
// More is left where it comes from: a terminal hears Ctrl-C all the same.
const typedAhead = 256 << 10

// typed is what has been typed and not yet sent. One goroutine reads, another
// sends.
type typed struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []byte
	spare   []byte // the buffer that is not being filled
	last    bool   // nothing more is to be sent: the user leaves, or has asked to
	over    bool   // nothing can be sent any more
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

// end says that nothing can be sent any more, and reports whether the user has
// asked to leave.
func (t *typed) end() (asked bool) {
	t.stop()
	t.set(&t.over)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// read takes in what is typed until it ends, and calls leave if whoever typed
// has left.
func (t *typed) read(in Input, log *slog.Logger, leave func()) {
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
		// What can steer a terminal is made harmless here already; the server
		// escapes again all the same.
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

// add takes in one line. It waits while there is too much, and
// reports whether the line may still be sent.
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

// send sends what is typed until it can't, or the user leaves, and then ends
// this side of the connection. The server answers by ending the other; it has
// two seconds to do so. It reports whether the user leaves.
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
			break // whoever reads from conn meets it too, or has the server's last words to show first
		}
		t.spare = out
	}
	_ = conn.SetReadDeadline(time.Now().Add(partPatience)) // it fails when the connection is over
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // it fails when the connection is over
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}
