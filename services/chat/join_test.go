package chat

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
)

func TestClientKilledAndStartedAgain(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		c[2].kill()
		c[0].types("while it is away")
		s.shows("Client 1: while it is away")
		three := l.client("3")
		<-time.After(lastRetry)
		three.shows("Client 1: initiated.", "Client 2: initiated.", "Client 3: initiated.", "Client 4: initiated.", "Client 5: initiated.")
		s.shows("Client 3: initiated.")
		c[1].shows("Client 1: while it is away", "Client 3: initiated.")
		three.types("here again")
		s.shows("Client 3: here again")
		c[0].shows("Client 3: initiated.", "Client 3: here again")
		c[0].types("welcome back")
		three.shows("Client 1: welcome back")
	})
}

func TestClientLeaves(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		c[2].types("/quit")
		require.NoError(t, c[2].ends())
		s.shows("Client 3: terminated.")
		c[0].shows("Client 3: terminated.")
		c[0].types("/who")
		c[0].shows("* Server: connected, 127.0.0.1:4000", "* Client 1: connected, 127.0.0.1:6001 (you)",
			"* Client 2: connected, 127.0.0.1:6002", "* Client 4: connected, 127.0.0.1:6004", "* Client 5: connected, 127.0.0.1:6005")
		c[3].kill()
		c[0].types("/who")
		require.Contains(t, c[0].screen.lines(), "* Client 4: gone, 127.0.0.1:6004")
	})
}

func TestJoinThroughAClientWhileThereIsNoServer(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		s.kill()
		six := l.start("6", clientAddr("6"), nil, c[3].Addr)
		<-time.After(lastRetry)
		six.shows("Client 1: initiated.", "Client 2: initiated.", "Client 3: initiated.", "Client 4: initiated.", "Client 5: initiated.", "Client 6: initiated.")
		six.types("hello")
		for _, a := range c {
			a.shows("Client 6: initiated.", "Client 6: hello")
		}
		s = l.start(wire.Server, serverAddr, remember(c...))
		<-time.After(2 * lastRetry)
		s.shows("Client 1: reconnected", "Client 2: reconnected", "Client 3: reconnected", "Client 4: reconnected", "Client 5: reconnected", "Client 6: initiated.")
		six.shows("Server: initiated")
	})
}

func TestClientWithoutServerWaitsAndKeepsWhatIsTyped(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		one := l.client("1")
		<-time.After(time.Minute)
		one.types("too early")
		one.shows()
		log := strings.Join(one.log.lines(), "\n")
		require.Equal(t, 1, strings.Count(log, "no server at 127.0.0.1:4000"), log)
		s := l.server()
		<-time.After(lastRetry)
		one.shows("Client 1: initiated.")
		s.shows("Client 1: initiated.", "Client 1: too early")
	})
}

// moved is a chat of five in which, while there is no server, client 3 has come
// back on another port.
func (l *lab) moved() (c []*actor, three *actor) {
	s, c := l.five()
	s.kill()
	c[2].kill()
	three = l.start("3", "127.0.0.1:7003", nil, c[0].Addr)
	<-time.After(lastRetry)
	return c, three
}

func TestClientOnAnotherPortWhileThereWasNoServer(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		c, three := l.moved()
		c[4].shows("Client 3: initiated.")
		s := l.start(wire.Server, serverAddr, remember(c...)) // it remembers the old port of 3
		synctest.Wait()
		s.shows("Client 1: reconnected", "Client 2: reconnected", "Client 3: reconnected", "Client 4: reconnected", "Client 5: reconnected")
		require.True(t, slices.ContainsFunc(s.registry.Entries(), func(e registry.Entry) bool {
			return e.Name == "3" && e.Addr == three.Addr
		}), "the registry has where client 3 is now")
		three.screen.clear()
		three.types("found")
		s.shows("Client 3: found")
	})
}

// News of where a client is now are followed at once, even while the dial to where
// it was is under way.
func TestNewsOfAnotherPortAreNotTakenForTheOldOne(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		c, three := l.moved()
		begun, told := make(chan struct{}), make(chan struct{})
		begin := sync.OnceFunc(func() { close(begun) })
		l.net.Filter(func(from, to string) error {
			switch {
			case from == serverAddr && to == c[2].Addr:
				begin()
				<-told
			case from == serverAddr, to == serverAddr:
				<-begun
			}
			return nil
		})
		s := l.start(wire.Server, serverAddr, remember(c...))
		s.shows("Client 1: reconnected", "Client 2: reconnected", "Client 4: reconnected", "Client 5: reconnected")
		close(told)
		s.shows("Client 3: reconnected")
		three.types("found")
		s.shows("Client 3: found")
	})
}

func TestSecondClientOfOneIDIsRefused(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		again := l.start("3", "127.0.0.1:7003", nil)
		err := again.ends()
		require.ErrorContains(t, err, "ID 3 is taken")
		require.ErrorContains(t, err, "stop it, or choose another ID")
		again.shows()
		c[2].types("I am the one")
		s.shows("Client 3: I am the one")
		for _, a := range c[3:] {
			a.shows("Client 3: I am the one")
		}
	})
}

func TestSecondClientOfOneIDIsRefusedByAClient(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		s.kill()
		again := l.start("3", "127.0.0.1:7003", nil, c[0].Addr)
		require.ErrorContains(t, again.ends(), "ID 3 is taken")
		itself := l.start("3", "127.0.0.1:7004", nil, c[2].Addr)
		require.ErrorContains(t, itself.ends(), "ID 3 is taken")
	})
}

func TestRegistryThatLeadsAstray(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		s.kill()
		s = l.start(wire.Server, serverAddr, func(m *member) {
			m.registry = registry.New(
				registry.Entry{Name: "7", Addr: c[0].Addr},  // another client
				registry.Entry{Name: "8", Addr: serverAddr}, // the server itself
				registry.Entry{Name: "1", Addr: c[0].Addr},
				registry.Entry{Name: "9", Addr: "127.0.0.1:9"}, // no process
			)
		})
		<-time.After(time.Minute)
		s.shows("Client 1: reconnected", "Client 2: reconnected", "Client 3: reconnected", "Client 4: reconnected", "Client 5: reconnected")
		c[0].shows("Server: initiated")
		seven := l.start("7", "127.0.0.1:7007", nil)
		<-time.After(lastRetry)
		s.shows("Client 7: initiated.")
		require.Contains(t, seven.screen.lines(), "Client 7: initiated.")
	})
}
