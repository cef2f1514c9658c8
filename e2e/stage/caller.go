package stage

import (
	"bufio"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// callerTimeout is the time for an answer to a caller, or the end of its connection.
const callerTimeout = 15 * time.Second

// Caller is a TCP connection of the test's own, which speaks to a program by hand.
type Caller struct {
	*net.TCPConn
	In *bufio.Reader
	t  testing.TB
}

// Call connects to a program. The connection is closed when the test ends, and its reads
// and writes fail after 15 seconds.
func Call(t testing.TB, n Network, address string) Caller {
	t.Helper()
	c, err := n.Dial(address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(callerTimeout)))
	return Caller{c.(*net.TCPConn), bufio.NewReader(c), t}
}

// Send writes text.
func (c Caller) Send(text string) {
	c.t.Helper()
	_, err := io.WriteString(c, text)
	require.NoError(c.t, err)
}

// Line returns the next line, with its end.
func (c Caller) Line() string {
	c.t.Helper()
	line, err := c.In.ReadString('\n')
	require.NoError(c.t, err, "after %q", line)
	return line
}

// Rest returns what is received until the other side closes the connection.
func (c Caller) Rest() string {
	c.t.Helper()
	rest, err := io.ReadAll(c.In)
	require.NoError(c.t, err, "after %q", rest)
	return string(rest)
}

// Reset ends the connection by a reset.
func (c Caller) Reset() {
	c.t.Helper()
	require.NoError(c.t, c.SetLinger(0))
	require.NoError(c.t, c.Close())
}

// isReset reports whether a connection was reset by the other side.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
