package e2e

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"peerlab/e2e/lab"
)

// vanishedWithin is how soon the room notices that a client's packets are dropped.
const vanishedWithin = 30 * time.Second

// goDeaf makes the kernel drop all that arrives for the connection of a stranger,
// as a network does that drops its packets: no acknowledgment, no reset. It sends no
// keepalives either: those would still arrive, and count as a sign of its host.
func (s stranger) goDeaf(t *testing.T) {
	t.Helper()
	require.NoError(t, s.SetKeepAlive(false))
	raw, err := s.SyscallConn()
	require.NoError(t, err)
	dropAll := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	require.NoError(t, raw.Control(func(fd uintptr) {
		err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &dropAll})
	}))
	require.NoError(t, err)
}

// Fault O3: a client whose packets were dropped while others talked stayed online
// for 939 s, and one to whom nothing was sent for 150 s. A client that is only
// stopped stays, even if its window is full.
func TestRoomNoticesAClientThatHasVanished(t *testing.T) {
	lab.NeedsOwn(t, "room-server")
	waits(t)
	r := openParlour(t)
	ours := r.joins()
	stopped := callWithASmallWindow(t, r, r.at)
	r.newcomer()
	talker, _ := r.call()
	flood := strings.Repeat(strings.Repeat("x", 1000)+"\n", 4096) // 4 MiB: a window of 2 KiB and the server's buffer are full, and it is not cut
	_, err := talker.Write([]byte(flood + "the end\n"))
	require.NoError(t, err)
	ours.Within(bulkTimeout, "bulkTimeout").Collects(func() string { return "the end of the flood" },
		func(l lab.Line) bool { return strings.HasSuffix(l.Text, ": the end") })

	gone, port := r.call()
	gone.goDeaf(t)
	ours.Types("are you there?")
	began := time.Now()
	ours.Within(2*vanishedWithin, "twice vanishedWithin").Sees(fmt.Sprintf("[127.0.0.1:%s] is Offline", port))
	assert.Less(t, time.Since(began), vanishedWithin+5*time.Second)
	r.server.Stderr().Contains("its host has acknowledged nothing for 20s")

	in := bufio.NewReader(stopped)
	for {
		line, err := in.ReadString('\n')
		require.NoError(t, err, "the one that was stopped is still there")
		if strings.HasSuffix(line, ": are you there?\n") {
			return
		}
	}
}

func TestRoomNoticesAnIdleClientThatHasVanished(t *testing.T) {
	waits(t)
	r := openParlour(t)
	gone, port := r.call()
	gone.goDeaf(t)
	began := time.Now()
	r.server.Within(2*vanishedWithin, "twice vanishedWithin").Contains(fmt.Sprintf("Client (127.0.0.1, %s) disconnected", port))
	assert.Less(t, time.Since(began), vanishedWithin+5*time.Second)
}

// Fault O3, the other way round.
func TestRoomClientNoticesAServerThatHasVanished(t *testing.T) {
	lab.NeedsOwn(t, "room-client")
	waits(t)
	r := newParlour(t)
	ln, err := r.Listen(r.at)
	require.NoError(t, err)
	defer ln.Close()
	c := r.Start(lab.Spec{Name: "room-client", Args: []string{"-server", r.at}})
	conn, err := ln.Accept()
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte(roomGreeting + "\n"))
	require.NoError(t, err)
	c.Sees(roomGreeting)
	stranger{TCPConn: conn.(*net.TCPConn)}.goDeaf(t)
	c.Types("is anybody there?")
	began := time.Now()
	c.ExitsWithin(2*vanishedWithin, "twice vanishedWithin", 1)
	assert.Less(t, time.Since(began), vanishedWithin+5*time.Second)
	c.Stderr().Contains("its host has acknowledged nothing for 20s; start room-client again")
}

func callWithASmallWindow(t *testing.T, n network, at string) net.Conn {
	t.Helper()
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096) })
	}}
	conn, err := n.DialWith(d, at)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}
