package relay

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// announced starts a node that announces itself.
func (l *lab) announced(prepare func(c *NodeConfig)) *actor {
	l.t.Helper()
	return l.announcedOn(l.listen(), prepare)
}

// announcedOn is announced for a node with that listener.
func (l *lab) announcedOn(ln net.Listener, prepare func(c *NodeConfig)) *actor {
	l.t.Helper()
	dir := l.t.TempDir()
	f, err := openFolder(dir)
	require.NoError(l.t, err)
	c := NodeConfig{ID: "00000000000000aa", Relay: l.relay.Addr(), Log: l.logger(), Dial: l.dialer()}
	a := &actor{dir: dir, Node: newNode(c, ln, f)}
	if prepare != nil {
		prepare(&a.NodeConfig)
	}
	a.stop = l.runs(func(ctx context.Context) { _ = a.Serve(ctx) })
	synctest.Wait()
	return a
}

// restarts starts a new relay with an empty table at the same address.
func (l *lab) restarts() {
	l.t.Helper()
	ln, err := l.net.Listen(l.relay.Addr())
	require.NoError(l.t, err)
	l.relay = newRelay(ln, l.logger(), l.dialer())
	l.stopRelay = l.runs(func(ctx context.Context) { _ = l.relay.Serve(ctx) })
}

func TestNodeRegistersRenewsAndWithdraws(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		n := l.announced(nil)
		l.relay.leases.lists(t, n.Addr())
		for range 100 {
			<-time.After(lease / 2)
			l.relay.leases.lists(t, n.Addr())
		}
		n.stop()
		l.relay.leases.lists(t)
		require.Empty(t, l.log.warnings())
	})
}

func TestKilledNodeIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		var dead atomic.Bool
		n := l.announced(func(c *NodeConfig) {
			c.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
				if dead.Load() {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return l.net.Dial(ctx, "", addr)
			}
		})
		dead.Store(true)
		<-time.After(lease * 2 / 3)
		l.relay.leases.lists(t, n.Addr())
		<-time.After(lease / 3)
		synctest.Wait()
		l.relay.leases.lists(t)
	})
}

// A relay that restarts, after any downtime, lists every running node again
// within five seconds.
func TestARestartedRelayListsItsNodesAgain(t *testing.T) {
	for _, away := range []time.Duration{0, 100 * time.Millisecond, 7 * time.Second, time.Hour} {
		t.Run(away.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				n := l.announced(nil)
				l.stopRelay()
				<-time.After(away)
				l.restarts()
				<-time.After(5 * time.Second)
				synctest.Wait()
				l.relay.leases.lists(t, n.Addr())
				if away > 5*time.Second {
					// Fault U12: the node logged the relay's return as a warning.
					require.Len(t, l.log.warnings(), 1, "the node warns once that the relay is unreachable")
					require.Contains(t, l.log.warnings()[0], "cannot register with the relay; retrying\" relay="+l.relay.Addr())
					require.Equal(t, 2, strings.Count(l.log.String(), "level=INFO msg=\"registered with the relay\" relay="+l.relay.Addr()), "the node registers at its start and after the relay's restart")
				}
			})
		})
	}
}

func TestANodeStartsWithoutARelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.stopRelay()
		n := l.announced(nil)
		<-time.After(time.Minute)
		_, in := l.asks(n.Addr(), "WHO")
		receives(t, in, "NODE 00000000000000aa\n") // it serves without a relay
		l.restarts()
		<-time.After(time.Second)
		synctest.Wait()
		l.relay.leases.lists(t, n.Addr())
		l.stopRelay()
		began := time.Now()
		n.stop()
		require.LessOrEqual(t, time.Since(began), time.Second, "a node stops within a second without a relay")
	})
}

// A node renews every third of the lease that the relay grants, which may be
// shorter than this relay's.
func TestANodeRenewsAfterAThirdOfItsLease(t *testing.T) {
	for seconds, most := range map[string]time.Duration{"3": time.Second, "15": 5 * time.Second, "0": time.Second / 3, "9223372036854775807": 5 * time.Second} {
		t.Run(seconds, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				var at []time.Time
				rogue := l.rogue(func(request string) (string, bool) {
					if strings.HasPrefix(request, "WITHDRAW ") {
						return "OK\n", true
					}
					at = append(at, time.Now())
					assert.Regexp(t, `^REGISTER 00000000000000aa 127\.0\.0\.1:[0-9]+$`, request)
					return "OK 127.0.0.1:1 " + seconds + "\n", true
				})
				n := l.announced(func(c *NodeConfig) { c.Relay = rogue })
				<-time.After(time.Minute)
				n.stop()
				require.Greater(t, len(at), 10)
				for i := range at[1:] {
					between := at[i+1].Sub(at[i])
					require.LessOrEqual(t, between, most)
					require.GreaterOrEqual(t, between, most*3/4)
				}
			})
		})
	}
}

func TestARelayThatSendsAnInvalidReply(t *testing.T) {
	for name, says := range map[string]string{
		"another address": "OK somewhere 15\n", "another lease": "OK 127.0.0.1:1 soon\n", "HTTP": "HTTP/1.1 400 Bad Request\n",
		"full": "ERR full no room\n", "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				rogue := l.rogue(func(string) (string, bool) { return says, true })
				l.announced(func(c *NodeConfig) { c.Relay = rogue })
				<-time.After(10 * time.Second)
				synctest.Wait()
				require.Len(t, l.log.warnings(), 1, "the node warns once")
				require.Contains(t, l.log.warnings()[0], "cannot register with the relay; retrying\" relay="+rogue)
			})
		})
	}
}

func TestANodeThatTheRelayCannotReachAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		const at = "10.0.0.7:7007"
		l.net.Filter(func(_, to string) error {
			if to == at {
				return errors.New("no route")
			}
			return nil
		})
		ln, err := l.net.Listen(at)
		require.NoError(t, err)
		n := l.announcedOn(ln, nil)
		l.relay.leases.lists(t, "127.0.0.1:7007")
		<-time.After(10 * time.Second)
		require.Len(t, l.log.warnings(), 1)
		require.Contains(t, l.log.String(), "the relay cannot reach this node at "+at+" and lists it at 127.0.0.1:7007")
		l.net.Filter(nil)
		<-time.After(5 * time.Second)
		synctest.Wait()
		l.relay.leases.lists(t, at)
		n.stop()
		l.relay.leases.lists(t)
	})
}
