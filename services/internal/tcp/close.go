package tcp

import (
	"io"
	"net"
	"time"
)

const (
	lingerTime  = time.Second
	lingerBytes = 1 << 20
)

// Refuse sends a last line, end included, to a connection and closes it in such a way that the
// other side can read that line: closing with bytes unread would reset the
// connection and may take the line with it. What still comes in is read and
// dropped, for at most a second and a megabyte (see RFC 9112, 9.6, for the same
// in HTTP). The caller must be the connection's reader.
func Refuse(conn net.Conn, line []byte) {
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	if _, err := conn.Write(line); err != nil {
		return
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, conn, lingerBytes) // its end, however it comes, is all that is waited for
	}
}
