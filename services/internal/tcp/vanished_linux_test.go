package tcp

import (
	"bytes"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// onSocket calls f with the descriptor of conn.
func onSocket(t *testing.T, conn *net.TCPConn, f func(fd int) error) {
	t.Helper()
	raw, err := conn.SyscallConn()
	require.NoError(t, err)
	var failed error
	require.NoError(t, raw.Control(func(fd uintptr) { failed = f(int(fd)) }))
	require.NoError(t, failed)
}

// dropPackets makes the kernel drop all packets that arrive for conn, as a failed
// network would: the other end receives neither acknowledgments nor a reset.
func dropPackets(t *testing.T, conn *net.TCPConn) {
	t.Helper()
	dropAll := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	onSocket(t, conn, func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &dropAll})
	})
}

// Fault O3: Go's own keepalive gives up after 150 s.
func TestKeepAlive(t *testing.T) {
	ours, theirs := dial(t, "", listen(t))
	for _, conn := range []*net.TCPConn{ours, theirs} {
		for option, want := range map[int]int{unix.TCP_KEEPIDLE: 10, unix.TCP_KEEPINTVL: 5, unix.TCP_KEEPCNT: 3, unix.TCP_USER_TIMEOUT: 0} {
			onSocket(t, conn, func(fd int) error {
				got, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, option)
				assert.Equal(t, want, got, "option %d", option)
				return err
			})
		}
	}
}

const testLook = 50 * time.Millisecond // between two looks

// Fault O3: while data was in flight to a peer that had vanished, the connection
// stayed open for 939 s.
func TestWatchNoticesAPeerThatHasVanished(t *testing.T) {
	for name, before := range map[string]func(t *testing.T, ours, theirs *net.TCPConn){
		"before the first byte": func(*testing.T, *net.TCPConn, *net.TCPConn) {},
		"after others": func(t *testing.T, ours, theirs *net.TCPConn) {
			_, err := ours.Write([]byte("hello\n"))
			require.NoError(t, err)
			_, err = theirs.Read(make([]byte, 6))
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := dial(t, "", listen(t))
			before(t, ours, theirs)
			dropPackets(t, theirs)
			vanished := make(chan struct{})
			began := time.Now()
			defer watch(ours, testLook, func() { close(vanished) })()
			_, err := ours.Write([]byte("hello\n"))
			require.NoError(t, err)
			<-vanished
			assert.GreaterOrEqual(t, time.Since(began), vanishLooks*testLook)
		})
	}
}

// The connection of a reachable peer must stay open, even if the peer does not
// read. TCP_USER_TIMEOUT would close that one.
func TestWatchKeepsAReachablePeer(t *testing.T) {
	var all sync.WaitGroup
	defer all.Wait()
	for name, act := range map[string]func(ours, theirs *net.TCPConn){
		"that reads": func(ours, theirs *net.TCPConn) {
			all.Go(func() {
				for _, err := theirs.Read(make([]byte, 1<<10)); err == nil; {
					_, err = theirs.Read(make([]byte, 1<<10))
				}
			})
			every := time.NewTicker(time.Millisecond)
			defer every.Stop()
			for range every.C {
				if _, err := ours.Write([]byte("hello\n")); err != nil {
					return
				}
			}
		},
		"that does not read": func(ours, _ *net.TCPConn) {
			for {
				if _, err := ours.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		},
		"that is idle": func(_, theirs *net.TCPConn) { _, _ = theirs.Read(make([]byte, 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ln := listen(t)
			d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error { // a small window is full at once
				return c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096) })
			}}
			conn, err := d.DialContext(t.Context(), "tcp", ln.Addr().String())
			require.NoError(t, err)
			theirs := conn.(*net.TCPConn)
			conn, err = ln.Accept()
			require.NoError(t, err)
			ours := conn.(*net.TCPConn)
			defer ours.Close()
			defer theirs.Close()
			all.Go(func() { act(ours, theirs) })
			vanished := make(chan struct{})
			defer watch(ours, testLook, func() { close(vanished) })()
			select {
			case <-vanished:
				t.Error("the peer was treated as vanished")
			case <-time.After(10 * vanishLooks * testLook):
			}
		})
	}
}

func TestWatchStops(t *testing.T) {
	ours, theirs := dial(t, "", listen(t))
	dropPackets(t, theirs)
	stop := watch(ours, testLook, func() { t.Error("watch calls back after stop") })
	_, err := ours.Write([]byte("hello\n"))
	require.NoError(t, err)
	stop()
	vanished := make(chan struct{})
	defer watch(ours, testLook, func() { close(vanished) })()
	<-vanished // the stopped watch would have called back earlier
}

// Fault O3, at a server: it closes the connection and logs the reason.
func TestServerDropsAPeerThatHasVanished(t *testing.T) {
	var log bytes.Buffer
	unresponsive, ended := make(chan struct{}), make(chan error)
	addr, end := serve(t, Server{
		Strangers: 1, Log: slog.New(slog.NewTextHandler(&log, nil)), vanishLook: testLook,
		Handle: func(conn net.Conn, known func()) {
			known()
			_, err := conn.Write([]byte("hello\n"))
			assert.NoError(t, err)
			<-unresponsive
			_, err = conn.Write([]byte("into the void\n"))
			assert.NoError(t, err)
			_, err = conn.Read(make([]byte, 1))
			ended <- err
		},
	})
	conn, err := Dial(t.Context(), "", addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Read(make([]byte, 6))
	require.NoError(t, err)
	dropPackets(t, conn)
	close(unresponsive)
	assert.ErrorIs(t, <-ended, net.ErrClosed)
	end()
	assert.Contains(t, log.String(), `level=WARN msg="closed a connection" from=`+conn.LocalAddr().String()+` err="its host has acknowledged nothing for 20s"`)
}
