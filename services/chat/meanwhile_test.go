package chat

import (
	"fmt"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// Much can happen to a peer while a dial of it is under way.

func TestPeerThatComesWhileItsDialIsRefusedLives(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		l.server()
		c := l.clients("12")
		one, refused := c[0], make(chan struct{})
		c[1].kill()
		l.net.Filter(func(from, to string) error {
			if from == one.Addr && to == clientAddr("2") {
				<-refused
				return syscall.ECONNREFUSED // by the process that was killed
			}
			return nil
		})
		<-time.After(2 * lastRetry)
		two := l.client("2")
		close(refused)
		synctest.Wait()
		one.mu.Lock()
		link, failures := one.peers["2"].link, one.peers["2"].failures
		one.mu.Unlock()
		require.NotNil(t, link)
		require.Equal(t, two.Incarnation, link.incarnation)
		state := one.lock().String()
		one.unlock()
		require.Contains(t, state, "linked true, ended false", "it is not to be waited for when the link breaks")
		require.NotContains(t, state, "linked true, ended true")
		require.Zero(t, failures)
	})
}

func TestPeerThatMakesRoomWhileItIsDialledIsLetGo(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		one, connected := l.client("1"), make(chan struct{})
		l.client("2")
		l.net.Filter(func(from, to string) error {
			if from == one.Addr && to == clientAddr("2") {
				<-connected
			}
			return nil
		})
		conn, _ := l.stranger(one.Addr, "HELLO peerlab-chat/2 8 2000 127.0.0.1:8 new 0")
		defer conn.Close()
		_, err := io.WriteString(conn, "PEER 2 5 "+clientAddr("2")+" 0\n")
		require.NoError(t, err)
		<-time.After(time.Second) // the dial is under way
		one.mu.Lock()
		for n := 0; len(one.peers) < wire.MaxMembers; n++ {
			p := one.peerLocked(wire.Name(fmt.Sprint("x", n)), false)
			p.incarnation, p.addr = 1, "127.0.0.1:9"
		}
		two := one.peers["2"]
		dialling := two.dialling
		one.mu.Unlock()
		require.True(t, dialling)
		other, _ := l.stranger(one.Addr, "HELLO peerlab-chat/2 9 2001 127.0.0.1:9 new 0")
		defer other.Close()
		one.mu.Lock()
		dropped := two.dropped
		one.mu.Unlock()
		require.True(t, dropped)
		close(connected)
		synctest.Wait()
		for _, link := range one.all() {
			one.mu.Lock()
			known := one.peers[link.peer.name]
			one.mu.Unlock()
			require.Same(t, link.peer, known, "a link to %s, of whom no member would be told", link.peer.name.Display())
		}
	})
}
