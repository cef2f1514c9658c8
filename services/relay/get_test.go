package relay

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// asks dials a node, sends HELLO and the request, and returns the connection.
func (l *lab) asks(addr, request string) (net.Conn, *bufio.Reader) {
	l.t.Helper()
	conn, err := l.dialer()(l.t.Context(), addr)
	require.NoError(l.t, err)
	l.t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, hello+"\n"+request+"\n")
	require.NoError(l.t, err)
	return conn, bufio.NewReader(conn)
}

func receives(t *testing.T, in *bufio.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(in, got)
	require.NoError(t, err)
	require.True(t, string(got) == want, "%.100q instead of %.100q", got, want)
}

// receivesSend reads the SEND line of a whole file, with or without its hash.
func receivesSend(t *testing.T, in *bufio.Reader, size int) {
	t.Helper()
	line, err := in.ReadString('\n')
	require.NoError(t, err)
	require.Regexp(t, fmt.Sprintf("^SEND %d (-|[0-9a-f]{64}) %d\n$", size, size), line)
}

// A node sends the bytes of a file that is not hashed yet without waiting for the
// hash, which follows them.
func TestTheFirstByteDoesNotWaitForTheHash(t *testing.T) {
	for name, from := range map[string]int{"all of it": 0, "the last few bytes": len(large) - 10} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				n := l.node("large", large)
				goOn := make(chan struct{})
				n.digests.read = func(ctx context.Context, file io.ReaderAt, n int64) (string, error) {
					<-goOn
					return hashPrefix(ctx, file, n)
				}
				_, in := l.asks(n.Addr(), fmt.Sprintf("GET %d - - large", from))
				receives(t, in, fmt.Sprintf("SEND %d - %d\n", len(large), len(large)-from)+large[from:])
				synctest.Wait()
				require.Zero(t, in.Buffered())
				close(goOn)
				receives(t, in, "END "+hashed(large)+"\n")
			})
		})
	}
}

// sending requests a file, calls meanwhile when the node has sent a part of it, and
// returns the rest.
func sending(t *testing.T, size int, meanwhile func(path string)) (rest string, err error) {
	l := newLab(t, memnet.New())
	n := l.node("a", strings.Repeat("x", size))
	_, in := l.asks(n.Addr(), "GET 0 - - a")
	receivesSend(t, in, size)
	synctest.Wait() // the window is full
	meanwhile(filepath.Join(n.dir, "a"))
	all, err := io.ReadAll(in)
	return string(all), err
}

func TestAFileThatChangesWhileItIsSent(t *testing.T) {
	const size = 1 << 20
	for name, meanwhile := range map[string]func(path string) error{
		"written": func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("y", size)), 0o600) },
		"longer":  func(path string) error { return os.Truncate(path, size+1) },
		"removed": os.Remove,
		"replaced": func(path string) error {
			if err := os.WriteFile(path+".new", []byte("new"), 0o600); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rest, err := sending(t, size, func(path string) { require.NoError(t, meanwhile(path)) })
				require.NoError(t, err)
				require.Equal(t, "ERR changed the file changed while it was read\n", rest[size:])
			})
		})
	}
}

func TestAFileThatShrinksWhileItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		rest, err := sending(t, size, func(path string) { require.NoError(t, os.Truncate(path, size/2)) })
		require.NoError(t, err)
		require.Less(t, len(rest), size, "the node closes the connection before the announced size")
		require.NotContains(t, rest, "END")
	})
}

// A node serves a slow reader to the end and closes the connection of a client that
// reads nothing.
func TestSlowClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		content := noise(1<<20, 9)
		n := l.node("a", content)
		_, in := l.asks(n.Addr(), "GET 0 - - a")
		receivesSend(t, in, len(content))
		for at := 0; at < len(content); at += stallPart {
			<-time.After(stallTime - time.Second)
			receives(t, in, content[at:at+stallPart])
		}
		receives(t, in, "END "+hashed(content)+"\n")
	})
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		n := l.node("a", noise(1<<20, 9))
		_, in := l.asks(n.Addr(), "GET 0 - - a")
		<-time.After(stallTime)
		synctest.Wait()
		got, err := io.ReadAll(in)
		require.NoError(t, err)
		require.Less(t, len(got), 200<<10, "the node has closed the connection")
	})
}

func TestSessionsAreBounded(t *testing.T) {
	for _, with := range []string{"relay", "node"} {
		t.Run(with, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				addr, request, answer := l.relay.Addr(), "WITHDRAW 0000000000000000", "OK\n"
				if with == "node" {
					addr, request, answer = l.node().Addr(), "WHO", "NODE 00000000000000aa\n"
				}
				var last net.Conn
				for range maxSessions {
					conn, in := l.asks(addr, request)
					receives(t, in, answer)
					last = conn
				}
				_, in := l.asks(addr, request)
				receives(t, in, "ERR full all 512 sessions are in use; try again later\n")
				require.NoError(t, last.Close())
				synctest.Wait()
				_, in = l.asks(addr, request)
				receives(t, in, answer)
				<-time.After(requestTime)
				synctest.Wait()
				_, in = l.asks(addr, request)
				receives(t, in, answer)
			})
		})
	}
}

// Idle connections do not keep other clients out.
func TestIdleConnectionsDoNotExcludeClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		n := l.node("a", "x")
		for range 2 * maxSessions {
			_, err := l.net.Dial(t.Context(), "", n.Addr())
			require.NoError(t, err)
			synctest.Wait()
		}
		_, in := l.asks(n.Addr(), "GET 0 - - a")
		receives(t, in, "SEND 1 "+hashed("x")+" 1\nxEND")
	})
}
