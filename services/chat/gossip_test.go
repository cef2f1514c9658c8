package chat

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// dials counts the dials of a member, by address.
func (l *lab) dials(from string) (count func(to string) int) {
	var mu sync.Mutex
	all := make(map[string]int)
	l.forbid(func(f, to string) bool {
		mu.Lock()
		defer mu.Unlock()
		if f == from {
			all[to]++
		}
		return false
	})
	return func(to string) (n int) {
		mu.Lock()
		defer mu.Unlock()
		for addr, k := range all {
			if strings.HasPrefix(addr, to) {
				n += k
			}
		}
		return n
	}
}

// says is what client 9 sends to a member over a new link.
func (l *lab) says(to string, lines ...string) (hangUp func()) {
	l.t.Helper()
	conn, _ := l.stranger(to, "HELLO peerlab-chat/2 9 2000 127.0.0.1:9 new 0")
	_, err := fmt.Fprintln(conn, strings.Join(lines, "\n"))
	require.NoError(l.t, err)
	synctest.Wait()
	return func() {
		conn.Close()
		synctest.Wait()
	}
}

// peers is n PEER lines; the address of each is that of the first, plus step.
func peers(n int, host string, step int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf("PEER x%d %d %s:%d 0", i, 5+i%900, host, 1000+i*step))
	}
	return lines
}

const elsewhere = "192.0.2.1"

func TestGossipOfOneAddressIsDialledFewTimes(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		l.server()
		one := l.client("1")
		dialled := l.dials(one.Addr)
		l.says(one.Addr, peers(1000, elsewhere, 0)...)
		one.screen.clear()
		one.types("/who")
		one.shows("* Server: connected, 127.0.0.1:4000", "* Client 1: connected, 127.0.0.1:6001 (you)", "* Client 9: connected, 127.0.0.1:9")
		<-time.After(2 * time.Minute)
		require.LessOrEqual(t, dialled(elsewhere), 48)
		one.mu.Lock()
		require.Len(t, one.peers, 2, "the server and client 9")
		one.mu.Unlock()
	})
}

func TestGossipThatIsRepeatedIsDialledFewTimes(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		one := l.client("1")
		dialled := l.dials(one.Addr)
		var lines []string
		for i := range 1000 {
			lines = append(lines, fmt.Sprintf("PEER x %d %s:80 0", 5+i, elsewhere))
		}
		l.says(one.Addr, lines...)
		<-time.After(2 * time.Minute)
		require.LessOrEqual(t, dialled(elsewhere), 48)
	})
}

func TestGossipEndsWithTheLinkItCameOver(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		one := l.client("1")
		dialled := l.dials(one.Addr)
		hangUp := l.says(one.Addr, peers(100, elsewhere, 1)...)
		hangUp()
		<-time.After(time.Minute)
		require.Equal(t, 100, dialled(elsewhere), "once each")
	})
}

func TestANewcomerDialsAHundredPeersAtOnce(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		one := l.client("1")
		dialled := l.dials(one.Addr)
		l.says(one.Addr, peers(1000, elsewhere, 1)...)
		require.Equal(t, 1000, dialled(elsewhere))
	})
}

func TestGossipOfOthersIsDialledBesideALiars(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, one := l.server(), l.client("1")
		l.says(one.Addr, peers(wire.MaxMembers, elsewhere, 1)...)
		l.forbid(func(from, to string) bool { return to == one.Addr }) // so that client 1 must dial
		two := l.client("2")
		<-time.After(lastRetry)
		ready(s, one, two)
		two.types("hello")
		one.shows("Client 2: hello")
	})
}

// A peer that could not be reached when it was first heard of is, when it can be.
func TestASlowPeerIsReachedLater(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		l.server()
		one := l.client("1")
		var two *actor
		l.forbid(func(from, to string) bool {
			return from == clientAddr("2") && to == one.Addr || from == one.Addr && to == clientAddr("2")
		})
		two = l.client("2")
		<-time.After(20 * time.Second)
		l.forbid(nil)
		<-time.After(gossipRetry)
		require.Len(t, one.all(), 2)
		require.Len(t, two.all(), 2)
	})
}

func TestOnlyNumericAddressesComeFromOthers(t *testing.T) {
	for _, addr := range []string{"[fe80::1%lo]:80", "evil.invalid:80", "1.1:80", "localhost:80", "127.0.0.1:0", "127.0.0.01:80", "0x7f000001:80", ":80"} {
		for _, line := range []string{"HELLO peerlab-chat/2 9 1 %s new 0", "PEER 9 1 %s 0"} {
			_, err := wire.Parse(fmt.Appendf(nil, line, addr))
			require.ErrorContains(t, err, "no HOST:PORT", addr)
		}
	}
	for _, addr := range []string{"127.0.0.1:80", "0.0.0.0:80", "[::1]:80", "[::]:80", "[2001:db8::1]:65535"} {
		_, err := wire.Parse(fmt.Appendf(nil, "PEER 9 1 %s 0", addr))
		require.NoError(t, err, addr)
	}
}
