package relay

import (
	"bufio"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// lateCloser starts a node that answers each request with the next of the replies.
// It closes the connection a delay after the caller has closed its write side, and
// sends on ends the error that ended its reading.
func (l *lab) lateCloser(delay time.Duration, ends chan<- error, replies ...string) (addr string) {
	return l.rawRogue(func(conn net.Conn, in *bufio.Reader) {
		for _, text := range replies {
			if _, err := in.ReadString('\n'); err != nil {
				break
			}
			if _, err := io.WriteString(conn, text); err != nil {
				break
			}
		}
		_, err := in.ReadByte()
		ends <- err
		<-time.After(delay)
	})
}

// A caller that has read all answers closes its write side and waits for the
// listener to close. No connection is reset, and none stays in TIME_WAIT at the
// listener.
func TestCallsEndGracefully(t *testing.T) {
	const late = 300 * time.Millisecond
	for name, test := range map[string]struct {
		replies []string
		costs   time.Duration
	}{
		"a file":          {[]string{"SEND 1 - 1\nxEND " + hashed("x") + "\n"}, late},
		"no file":         {[]string{"ERR notfound no\n"}, late},
		"another version": {[]string{"ERR differs no\n"}, late},
		"full":            {[]string{"ERR full no\n"}, late},
		"nonsense":        {[]string{"x\n"}, 0}, // the caller does not wait for further replies
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range []*memnet.Network{memnet.New(), nil} {
				play := func(t *testing.T) {
					l := newLab(t, n)
					ends := make(chan error, 1)
					l.lateCloser(late, ends, test.replies...)
					began := time.Now()
					_ = l.client(nil).File(t.Context(), "a")
					if n != nil {
						require.Equal(t, test.costs, time.Since(began))
					}
					if test.costs > 0 {
						require.Equal(t, io.EOF, <-ends)
					}
				}
				if n != nil {
					synctest.Test(t, play)
				} else {
					play(t)
				}
			}
		})
	}
}

// A node that never closes its connection costs a second; the file is printed.
func TestACallThatIsNotClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.lateCloser(time.Hour, make(chan error, 1), "SEND 1 - 1\nxEND "+hashed("x")+"\n")
		began := time.Now()
		l.client(nil).gets(t, "a", "x")
		require.Equal(t, time.Second, time.Since(began))
	})
}

// A client closes its connection to the relay in the same way, and waits for a
// relay that closes late.
func TestTheCallToTheRelayEndsGracefully(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		n := l.node("a", "x")
		ends := make(chan error, 1)
		relay := l.lateCloser(300*time.Millisecond, ends, "NODES 1 15\nNODE "+n.Addr()+"\n")
		c := l.client(func(c *FetchConfig) { c.Relay = relay })
		began := time.Now()
		c.gets(t, "a", "x")
		require.Equal(t, 300*time.Millisecond, time.Since(began))
		require.Equal(t, io.EOF, <-ends)
	})
}
