package chat

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// stranger links to a member as hello says, and returns the connection.
func (l *lab) stranger(to, hello string) (io.WriteCloser, *bufio.Reader) {
	l.t.Helper()
	conn, err := l.net.Dial(context.Background(), "stranger", to)
	require.NoError(l.t, err)
	in := bufio.NewReader(conn)
	for _, say := range []string{hello, "READY 0 0"} {
		_, err = io.WriteString(conn, say+"\n")
		require.NoError(l.t, err)
		_, err = in.ReadString('\n')
		require.NoError(l.t, err)
	}
	l.strangers.Go(func() { // it lives until it closes
		for err := error(nil); err == nil; {
			select {
			case <-time.After(time.Second):
				_, err = io.WriteString(conn, "\n")
			case <-l.over:
				return
			}
		}
	})
	return conn, in
}

func TestGossipPartsNoLink(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s := l.server()
		c := l.clients("12")
		s.kill()
		for i, a := range c {
			conn, _ := l.stranger(a.Addr, "HELLO peerlab-chat/2 9 2000 127.0.0.1:9 new 0")
			fmt.Fprintf(conn, "PEER %s 900000000000000 127.0.0.1:9 0\n", c[1-i].Name)
			synctest.Wait()
			conn.Close()
		}
		synctest.Wait()
		l.breaks(func(_, _ string) bool { return true })
		<-time.After(4 * lastRetry)
		c[0].screen.clear()
		c[1].types("are you there?")
		c[0].shows("Client 2: are you there?")
	})
}

func TestInventedNamesKeepNoMemberOut(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, one := l.server(), l.client("1")
		conn, _ := l.stranger(serverAddr, "HELLO peerlab-chat/2 9 2000 127.0.0.1:9 new 0")
		for i := range 1100 {
			fmt.Fprintf(conn, "PEER x%d 5 192.0.2.1:%d 0\n", i, 1000+i)
		}
		synctest.Wait()
		conn.Close()
		synctest.Wait()
		s.mu.Lock()
		require.Len(t, s.peers, wire.MaxMembers)
		s.mu.Unlock()
		two := l.client("2")
		<-time.After(lastRetry)
		require.Contains(t, two.screen.lines(), "Client 2: initiated.")
		require.Contains(t, one.screen.lines(), "Client 2: initiated.")
		<-time.After(5 * time.Minute) // they are not dialled for ever
		s.mu.Lock()
		require.Len(t, s.peers, 3, "1, 2 and the stranger")
		s.mu.Unlock()
	})
}

func TestSilentStrangersKeepNoMemberOut(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, one := l.server(), l.client("1")
		for _, a := range []*actor{s, one} {
			oldest, err := l.net.Dial(context.Background(), "stranger", a.Addr)
			require.NoError(t, err)
			for range maxStrangers {
				_, err := l.net.Dial(context.Background(), "stranger", a.Addr)
				require.NoError(t, err)
				synctest.Wait()
			}
			_, err = oldest.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF, "it makes room at once")
		}
		two := l.client("2")
		ready(s, one, two)
		two.types("quite a crowd")
		s.shows("Client 2: quite a crowd")
		one.shows("Client 2: quite a crowd")
	})
}

func TestNewcomerWhoseFirstHandshakeBreaksIsAnnounced(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		l.server()
		_, told := l.stranger(serverAddr, "HELLO peerlab-chat/2 1 900 127.0.0.1:9 new 0")
		conn, err := l.net.Dial(context.Background(), "stranger", serverAddr)
		require.NoError(t, err)
		_, err = io.WriteString(conn, "HELLO peerlab-chat/2 9 2000 127.0.0.1:9 new 0\nREADY 0 0\n")
		require.NoError(t, err)
		conn.Close()
		synctest.Wait()
		l.stranger(serverAddr, "HELLO peerlab-chat/2 9 2000 127.0.0.1:9 new 0")
		line, err := told.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "PEER 9 2000 127.0.0.1:9 0\n", line)
	})
}

func TestNoClientIsCalledAlmostServer(t *testing.T) {
	for _, name := range []string{"SERVER", "Server"} {
		_, err := wire.Parse([]byte("HELLO peerlab-chat/2 " + name + " 1 127.0.0.1:1 new 0"))
		require.ErrorContains(t, err, "no name")
	}
}
