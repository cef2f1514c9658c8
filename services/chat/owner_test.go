package chat

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// stops holds all that is sent to and from a member, and fails dials, as SIGSTOP
// does, until resume is called.
func (l *lab) stops(a *actor) (resume func()) {
	l.hold(true, between(a))
	l.forbid(between(a))
	return func() {
		l.forbid(nil)
		l.hold(false, between(a))
	}
}

// owns is the notice that a name belongs to the process at an address.
func owns(who, addr string) string {
	return fmt.Sprintf("* %s is now the process at %s; another one had its name", who, addr)
}

func TestStoppedClientGetsItsNameBack(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s := l.start(wire.Server, serverAddr, remember())
		c := l.clients("123")
		one, two, three := c[0], c[1], c[2]
		ready(s, one, two, three)
		resume := l.stops(two)
		<-time.After(4 * time.Second)
		other := l.start("2", "127.0.0.1:7002", nil)
		<-time.After(time.Minute) // which of the two is Client 2 shows when the first one answers
		for _, a := range []*actor{s, one, three} {
			a.shows("Client 2: initiated.")
		}
		other.types("I am Client 2")
		for _, a := range []*actor{s, one, three} {
			a.shows("Client 2: I am Client 2")
		}
		resume()
		<-time.After(2 * homeRetry)
		for _, a := range []*actor{s, one, three} {
			a.shows(owns("Client 2", two.Addr))
		}
		ready(other)
		other.types("no, I am")
		two.types("I was here first")
		for _, a := range []*actor{s, one, three} {
			a.shows("Client 2: I was here first")
			require.Equal(t, two.Addr, a.peers["2"].addr)
		}
		require.NotEmpty(t, other.warnings("taken: another Client 2 is here"), "%s", other.log.lines())
		require.Equal(t, []wire.Name{"1", "2", "3"}, registered(s))
		one.types("welcome back")
		require.Contains(t, two.screen.lines(), "Client 1: welcome back")
		<-time.After(time.Minute)
		for _, a := range []*actor{s, one, three} {
			require.NotContains(t, strings.Join(a.screen.lines(), "\n"), "Client 2")
		}
	})
}

// registered returns the clients in the registry of a server.
func registered(s *actor) (names []wire.Name) {
	for _, e := range s.registry.Entries() {
		names = append(names, e.Name)
	}
	return names
}

// An impostor gains nothing by the address of the one whose name it uses.
func TestImpostorThatGivesTheAddressOfTheOther(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		one, two := l.start("1", clientAddr("1"), nil), l.start("2", clientAddr("2"), nil, clientAddr("1"))
		<-time.After(2 * arrivalTime)
		ready(one, two)
		resume := l.stops(two)
		<-time.After(4 * time.Second)
		conn, in := l.stranger(one.Addr, "HELLO peerlab-chat/2 2 9000 127.0.0.1:6002 new 0")
		defer conn.Close()
		<-time.After(time.Minute)
		one.shows("Client 2: initiated.")
		resume()
		<-time.After(2 * homeRetry)
		one.shows(owns("Client 2", two.Addr))
		require.Equal(t, "ERR taken Client 2 is at 127.0.0.1:6002; stop it, or choose another ID\n", lastOf(in.ReadString))
		two.types("it is me")
		one.shows("Client 2: it is me")
	})
}

// lastOf returns the last line that read returns.
func lastOf(read func(byte) (string, error)) (last string) {
	for {
		line, err := read('\n')
		if err != nil {
			return last
		}
		last = line
	}
}

func TestWhoAnswersAtTheAddressOfTheServerIsTheServer(t *testing.T) {
	for name, prepare := range map[string]func(c []*actor) func(*member){
		"by its registry": func(c []*actor) func(*member) { return remember(c...) },
		"by its clients":  func([]*actor) func(*member) { return nil },
	} {
		for _, addr := range []string{"127.0.0.1:9", serverAddr} {
			t.Run(name+", impostor of "+addr, func(t *testing.T) {
				inTime(t, func(t *testing.T, l *lab) {
					s := l.server()
					c := l.clients("12")
					s.kill()
					ready(c...)
					var ends []func(byte) (string, error)
					for _, a := range c {
						_, in := l.stranger(a.Addr, "HELLO peerlab-chat/2 server 9000 "+addr+" in 0")
						ends = append(ends, in.ReadString)
						a.shows("Server: initiated")
					}
					<-time.After(time.Minute)
					s = l.start(wire.Server, serverAddr, prepare(c))
					<-time.After(2 * homeRetry)
					s.shows("Client 1: reconnected", "Client 2: reconnected")
					for i, a := range c {
						require.Equal(t, "ERR taken Server is at 127.0.0.1:4000; stop it, or choose another ID\n", lastOf(ends[i]))
						a.shows(owns("Server", serverAddr), "Server: initiated")
					}
					s.types("I am the one")
					c[0].shows("Server: I am the one")
				})
			})
		}
	}
}

func TestServerAtAnotherPortGivesWayToTheOneAtItsAddress(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		s.kill()
		moved := l.start(wire.Server, "127.0.0.1:4001", remember(c...))
		dialled := l.dials(c[0].Addr)
		<-time.After(10 * time.Minute)
		require.LessOrEqual(t, dialled(serverAddr), int(10*time.Minute/(homeRetry*3/4))+1)
		moved.shows(reconnected(c)...)
		for _, a := range c {
			a.shows("Server: initiated")
		}
		moved.types("over here")
		for _, a := range c {
			a.shows("Server: over here")
		}
		l.forbid(func(from, _ string) bool { return from == moved.Addr }) // so that the clients dial it
		l.breaks(between(moved))
		<-time.After(3 * lastRetry)
		moved.types("still here")
		for _, a := range c {
			a.shows("Server: still here")
		}
		s = l.server()
		<-time.After(2 * homeRetry)
		s.shows(reconnected(c)...)
		for _, a := range c {
			a.shows(owns("Server", serverAddr), "Server: initiated")
		}
		moved.shows()
	})
}

func reconnected(c []*actor) (rows []string) {
	for _, a := range c {
		rows = append(rows, a.Name.Display()+": reconnected")
	}
	return rows
}

// A restart is no contest: it is checked with one dial, at the same port or at another.
func TestRestartedClientIsCheckedOnce(t *testing.T) {
	for name, addr := range map[string]string{"same port": clientAddr("2"), "another port": "127.0.0.1:7002"} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, l *lab) {
				s := l.server()
				one, two := l.client("1"), l.client("2")
				ready(s, one, two)
				two.kill()
				<-time.After(time.Minute)
				two = l.start("2", addr, nil)
				dialled := l.dials(one.Addr)
				<-time.After(time.Minute)
				require.LessOrEqual(t, dialled(clientAddr("2")), 1)
				for _, a := range []*actor{s, one} {
					a.shows("Client 2: initiated.")
				}
				two.types("here I am")
				one.shows("Client 2: here I am")
				require.Empty(t, one.peers["2"].home)
				require.Empty(t, s.peers["2"].home)
				require.Zero(t, two.turnedAway, "the check counts as a refused connection")
			})
		})
	}
}

// A process that has gone without a trace is not another one that has the name.
func TestRestartBesideADeadLinkIsNoContest(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		one, two := l.start("1", clientAddr("1"), nil), l.start("2", clientAddr("2"), nil, clientAddr("1"))
		<-time.After(2 * arrivalTime)
		ready(one, two)
		two.kill()
		l.forbid(between(two))
		conn, _ := l.stranger(one.Addr, "HELLO peerlab-chat/2 2 9000 127.0.0.1:6002 new 0")
		defer conn.Close()
		l.hold(true, func(from, _ string) bool { return from == "stranger" }) // its host is gone
		<-time.After(1500 * time.Millisecond)
		l.forbid(nil)
		two = l.start("2", clientAddr("2"), func(m *member) { m.Incarnation = 9001 }, one.Addr)
		<-time.After(2 * homeRetry)
		one.shows("Client 2: initiated.", "Client 2: initiated.")
		two.types("here I am")
		one.shows("Client 2: here I am")
	})
}

// The last line of a process that was killed may arrive when the next one has answered at
// its address. It is not another one that has the name.
func TestLastWordsOfAProcessThatWasKilled(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		one, two := l.start("1", clientAddr("1"), nil), l.start("2", clientAddr("2"), nil, clientAddr("1"))
		<-time.After(2 * arrivalTime)
		ready(one, two)
		two.kill()
		l.forbid(between(two))
		conn, _ := l.stranger(one.Addr, "HELLO peerlab-chat/2 2 9000 127.0.0.1:6002 new 0")
		<-time.After(arrivalTime)
		l.forbid(nil)
		l.start("2", clientAddr("2"), func(m *member) { m.Incarnation = 9001 }, one.Addr)
		<-time.After(probeTimeout / 2)
		_, err := io.WriteString(conn, "MSG 2 1 my last words\n")
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		<-time.After(2 * homeRetry)
		one.shows("Client 2: initiated.", "Client 2: my last words", "Client 2: initiated.")
	})
}

func TestRestartAtAnotherPortWhileTheOldProcessIsStoppedForEver(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s := l.server()
		one, two := l.client("1"), l.client("2")
		ready(s, one, two)
		l.stops(two)
		<-time.After(4 * time.Second)
		again := l.start("2", "127.0.0.1:7002", nil)
		dialled := l.dials(one.Addr) // allows dials to the stopped process, which answers
		l.forbid(between(two))
		again.types("here again")
		<-time.After(10 * time.Minute)
		one.shows("Client 2: initiated.", "Client 2: here again")
		require.LessOrEqual(t, dialled(two.Addr), int(10*time.Minute/(homeRetry*3/4))+1)
		l.breaks(between(again, one))
		<-time.After(lastRetry)
		again.types("and again")
		one.shows("Client 2: and again")
	})
}
