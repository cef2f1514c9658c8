package chat

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/memnet"
)

// inTime runs a test on a fake clock.
func inTime(t *testing.T, f func(t *testing.T, l *lab)) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		defer l.end()
		f(t, l)
	})
}

// five starts a server and five clients and checks the greetings of phase 1.
func (l *lab) five() (*actor, []*actor) {
	l.t.Helper()
	s := l.server()
	c := l.clients("12345")
	var all []string
	for _, a := range c {
		all = append(all, a.Name.Display()+": initiated.")
	}
	for _, a := range append([]*actor{s}, c...) {
		a.shows(all...)
	}
	return s, c
}

func TestFullMeshIsComplete(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		for _, a := range append([]*actor{s}, c...) {
			require.Len(t, a.all(), 5, a.Name.Display())
		}
		links := 0
		l.net.Each(func(*memnet.Conn, string, string) { links++ })
		require.Equal(t, 15, links, "one connection for each pair")
	})
}

func TestEveryTerminalReachesAllOthers(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		all := append([]*actor{s}, c...)
		for _, from := range all {
			from.types("hello")
			for _, to := range all {
				if to == from {
					to.shows()
				} else {
					to.shows(from.Name.Display() + ": hello")
				}
			}
		}
	})
}

func TestClientsOutliveTheServerAndAreFoundAgain(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		s.types("Exit")
		require.NoError(t, s.ends())
		for _, a := range c {
			a.shows("Server: terminated.")
		}
		c[2].types("still here")
		for _, a := range c {
			if a != c[2] {
				a.shows("Client 3: still here")
			}
		}
		<-time.After(time.Minute)

		s = l.start(wire.Server, serverAddr, remember(c...))
		s.shows("Client 1: reconnected", "Client 2: reconnected", "Client 3: reconnected", "Client 4: reconnected", "Client 5: reconnected")
		for _, a := range c {
			a.shows("Server: initiated")
		}
		s.types("back")
		for _, a := range c {
			a.shows("Server: back")
		}
	})
}

// remember gives a server a registry that is not on disk.
func remember(c ...*actor) func(*member) {
	return func(m *member) {
		var entries []registry.Entry
		for _, a := range c {
			entries = append(entries, registry.Entry{Name: a.Name, Addr: a.Addr})
		}
		m.registry = registry.New(entries...)
	}
}

func TestServerWithoutRegistryIsFoundByItsClients(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		s.kill()
		<-time.After(time.Minute)
		for _, a := range c {
			a.shows()
		}
		s = l.server()
		<-time.After(2 * lastRetry)
		s.shows("Client 1: reconnected", "Client 2: reconnected", "Client 3: reconnected", "Client 4: reconnected", "Client 5: reconnected")
		for _, a := range c {
			a.shows("Server: initiated")
		}
	})
}

func TestBrokenLinksLoseNothing(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		var want []string
		var down atomic.Bool
		l.net.Filter(func(_, _ string) error {
			if down.Load() {
				return errors.New("network down")
			}
			return nil
		})
		for i := range 200 {
			switch i % 20 {
			case 5:
				down.Store(true)
				l.breaks(func(_, _ string) bool { return true })
			case 15:
				down.Store(false)
				<-time.After(time.Duration(i) * 13 * time.Millisecond)
			}
			line := fmt.Sprintf("line %d", i)
			c[0].keys <- line // no waiting: links break with lines on their way
			want = append(want, "Client 1: "+line)
		}
		down.Store(false)
		<-time.After(3 * lastRetry)
		for _, a := range append([]*actor{s}, c[1:]...) {
			synctest.Wait()
			require.Equal(t, want, a.screen.lines(), a.Name.Display())
		}
	})
}

func TestPartitionHeals(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		s.kill()
		two := map[string]bool{c[0].Addr: true, c[1].Addr: true}
		split := func(from, to string) bool { return two[from] != two[to] }
		l.net.Filter(func(from, to string) error {
			if split(from, to) {
				return errors.New("network down")
			}
			return nil
		})
		l.breaks(split)
		c[0].types("from the two")
		c[4].types("from the three")
		c[1].shows("Client 1: from the two")
		c[3].shows("Client 5: from the three")
		c[2].shows("Client 5: from the three")
		<-time.After(time.Minute)
		l.net.Filter(nil)
		<-time.After(2 * lastRetry)
		c[0].shows("Client 5: from the three")
		c[1].shows("Client 5: from the three")
		for _, a := range c[2:] {
			a.shows("Client 1: from the two")
		}
	})
}

func TestStoppedPeerDelaysNoOther(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		_, c := l.five()
		hold := func(on bool) {
			l.net.Each(func(conn *memnet.Conn, from, to string) {
				if from == c[4].Addr || to == c[4].Addr {
					conn.Hold(on)
				}
			})
		}
		hold(true)
		start := time.Now()
		var want []string
		for i := range 2000 { // some 200 KB, more than the connection holds
			line := fmt.Sprintf("%d %0100d", i, i)
			c[0].types(line)
			want = append(want, "Client 1: "+line)
		}
		require.Equal(t, want, c[1].screen.lines())
		require.Zero(t, time.Since(start), "a member waited")
		hold(false)
		synctest.Wait()
		require.Equal(t, want, c[4].screen.lines())
	})
}

func TestExitWaitsTwoSecondsForAStoppedClient(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		l.net.Each(func(conn *memnet.Conn, from, to string) {
			if from == c[4].Addr && to == serverAddr {
				conn.Hold(true)
			}
		})
		start := time.Now()
		s.types("Exit")
		for _, a := range c[:4] {
			a.shows("Server: terminated.")
		}
		require.NoError(t, s.ends())
		require.Equal(t, leaveTimeout, time.Since(start))
	})
}
