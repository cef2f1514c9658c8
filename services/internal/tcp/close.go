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

// Refuse sends a last line, end included, to a connection and closes it in such a way that the
// other side can read that line. The caller must be the connection's reader.
func Refuse(conn net.Conn, line []byte) {
	defer conn.Close()
	if Finish(conn, line) == nil {
		Drain(conn)
	}
}

// Finish sends the last that is said on a connection, in one write, and ends this
// side of it. It takes a second at most. With an error the other side has not got
// it; without one it may all the same have left. Drain, or Close, must follow.
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

// Drain closes a connection after Finish, once the other side has: closing with
// bytes unread would reset the connection, and may take with it what was sent
// last. What still comes in is read and dropped, for at most the rest of the
// second and a megabyte (see RFC 9112, 9.6, for the same in HTTP). The caller
// must be the connection's reader.
func Drain(conn net.Conn) {
	defer conn.Close()
	_, _ = io.CopyN(io.Discard, conn, lingerBytes) // its end, however it comes, is all that is waited for
}
