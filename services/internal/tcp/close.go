package tcp

import (
	"errors"
	"io"
	"net"
	"time"
)

const (
	lingerTime  = time.Second
	lingerBytes = 1 << 20
)

// Refuse sends line, which includes its line end, and closes conn in such a way
// that the peer can read the line. Only the goroutine that reads conn may call
// it.
func Refuse(conn net.Conn, line []byte) {
	defer conn.Close()
	if Finish(conn, line) == nil {
		Drain(conn)
	}
}

// Finish writes last in one call and closes the sending side of conn. It takes a
// second at most. An error means that the peer did not receive last; a nil error
// does not mean that it did. The caller must call Drain or Close next.
func Finish(conn net.Conn, last []byte) error {
	if err := conn.SetDeadline(time.Now().Add(lingerTime)); err != nil {
		return err
	}
	if _, err := conn.Write(last); err != nil {
		return err
	}
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// Drain waits after Finish until the peer closes conn, and closes it too. Closing
// a connection that has unread bytes would reset it, and a reset can discard what
// Finish sent. Drain therefore reads and drops up to a megabyte, for at most the
// rest of the second that Finish started (RFC 9112, 9.6, describes the same for
// HTTP). Only the goroutine that reads conn may call it.
func Drain(conn net.Conn) {
	defer conn.Close()
	_, _ = io.CopyN(io.Discard, conn, lingerBytes) // any error ends the wait
}
