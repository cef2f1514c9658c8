package relay

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// full fills the relay's table with nodes of many hosts at ports where no process
// listens.
func (l *lab) full(hosts int) {
	for i := range maxNodes {
		_, ok := l.relay.leases.register(fmt.Sprintf("%016x", i), fmt.Sprintf("127.0.0.1:%d", 20_000+i), fmt.Sprintf("10.0.%d.7", i%hosts))
		require.True(l.t, ok)
	}
}

// Fault F1: registrations of ports where no process listened filled the relay, and it
// refused a running node.
func TestANodeReplacesADeadNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.full(64)
		n := l.announced(nil)
		require.Contains(t, l.relay.leases.list(), n.Addr())
		require.Len(t, l.relay.leases.list(), maxNodes-maxProbes+1)
		require.Empty(t, l.log.warnings())
	})
}

// Fault F1, from one host: dead nodes filled the share of their host.
func TestANodeReplacesADeadNodeOfItsHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		for i := range maxOfHost {
			_, ok := l.relay.leases.register(fmt.Sprintf("%016x", i), fmt.Sprintf("127.0.0.1:%d", 20_000+i), fmt.Sprintf("127.0.0.%d", i%200+1))
			require.True(t, ok)
		}
		l.relay.leases.register(idA, "10.0.0.7:7", "10.0.0.7") // does not answer; its host is not full
		n := l.announced(nil)
		require.Contains(t, l.relay.leases.list(), n.Addr())
		require.Contains(t, l.relay.leases.list(), "10.0.0.7:7")
	})
}

// Fault F1: the registrations of one host filled the relay's table.
func TestOneHostDoesNotFillTheRelay(t *testing.T) {
	for name, from := range map[string]func(i int) string{
		"one address":     func(int) string { return "10.0.0.7" },
		"loopback":        func(i int) string { return fmt.Sprintf("127.0.%d.7", i%256) },
		"IPv6":            func(i int) string { return fmt.Sprintf("2001:db8:0:1::%x", i+1) },
		"IPv4 and mapped": func(i int) string { return strings.Repeat("::ffff:", i%2) + "10.0.0.7" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l leases
				for i := range 2 * maxNodes {
					l.register(fmt.Sprintf("%016x", i), fmt.Sprintf("h:%d", i+1), from(i))
				}
				require.Len(t, l.list(), maxOfHost)
				_, ok := l.register(idA, "other:1", "10.0.0.8")
				require.True(t, ok)
				_, ok = l.register(idB, "other:2", "2001:db8:0:2::1")
				require.True(t, ok)
			})
		})
	}
}

// answering makes the nodes at these addresses answer the relay, each with its ID. It
// returns the number of the relay's dials.
func (l *lab) answering(ids map[string]string) *atomic.Int32 {
	var dials atomic.Int32
	l.relay.dial = func(_ context.Context, addr string) (net.Conn, error) {
		dials.Add(1)
		id, ok := ids[addr]
		if !ok {
			return nil, syscall.ECONNREFUSED
		}
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			in := bufio.NewReader(far)
			_, _ = in.ReadString('\n')
			if line, err := in.ReadString('\n'); err == nil && line == "WHO\n" {
				fmt.Fprintf(far, "NODE %s\n", id)
			}
		}()
		return near, nil
	}
	return &dials
}

// A registration of a port where no process listens costs one dial, to the host that
// sent it, and replaces no node.
func TestADeadNodeReplacesNoNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.full(64)
		dials, before := l.answering(nil), l.relay.leases.list()
		for i := range 100 {
			_, in := l.asks(l.relay.Addr(), fmt.Sprintf("REGISTER %016x :%d", 1<<32+i, 60_000))
			receives(t, in, "ERR full the table is full: the relay lists at most 1024 nodes, and 256 of one host\n")
		}
		require.Equal(t, int32(100), dials.Load())
		require.Equal(t, before, l.relay.leases.list())
	})
}

// A node that answers stays listed. The relay probes it at most once in a third of a
// lease, regardless of the number of registrations.
func TestNodesThatRunAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		ids := map[string]string{"127.0.0.1:9": idA}
		for i := range maxOfHost {
			id, addr := fmt.Sprintf("%016x", i), fmt.Sprintf("127.0.0.1:%d", 20_000+i)
			l.relay.leases.register(id, addr, "127.0.0.1")
			ids[addr] = id
		}
		dials, there := l.answering(ids), l.relay.leases.list()
		const tries = 100
		for range tries {
			_, in := l.asks(l.relay.Addr(), "REGISTER "+idA+" :9")
			receives(t, in, "ERR full ")
		}
		require.Equal(t, int32(tries+maxOfHost), dials.Load(), "each new node is dialled, and each listed one once")
		require.Equal(t, there, l.relay.leases.list())
		delete(ids, "127.0.0.1:20007")
		<-time.After(lease / 3)
		for range maxOfHost/maxProbes - 1 { // until the relay probes this node
			_, in := l.asks(l.relay.Addr(), "REGISTER "+idA+" :9")
			if line, err := in.ReadString('\n'); err == nil && strings.HasPrefix(line, "OK ") {
				break
			}
		}
		require.Contains(t, l.relay.leases.list(), "127.0.0.1:9")
		require.NotContains(t, l.relay.leases.list(), "127.0.0.1:20007")
		require.Len(t, l.relay.leases.list(), maxOfHost)
	})
}

// The relay limits the rate of log lines about nodes, because any host can cause them.
func TestTheLogOfNodesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		for i := range 1000 {
			conn, in := l.asks(l.relay.Addr(), fmt.Sprintf("REGISTER %s :%d\nWITHDRAW %s", idA, i+1, idA))
			receives(t, in, "OK ")
			require.NoError(t, conn.Close())
		}
		synctest.Wait()
		require.Equal(t, nodeLogBurst, strings.Count(l.log.String(), "level=INFO"))
		<-time.After(time.Minute)
		_, in := l.asks(l.relay.Addr(), "REGISTER "+idB+" :7")
		receives(t, in, "OK ")
		require.Equal(t, nodeLogBurst+1, strings.Count(l.log.String(), "level=INFO"))
	})
}

// The relay removes a killed node when its lease ends, and logs it.
func TestTheLogNamesANodeWhoseLeaseHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.relay.leases.register(idA, "127.0.0.1:9", "127.0.0.1")
		<-time.After(lease)
		_, in := l.asks(l.relay.Addr(), "NODES")
		receives(t, in, "NODES 0 15\n")
		synctest.Wait()
		require.Contains(t, l.log.String(), `level=INFO msg="lease expired; node removed" id=aaaaaaaaaaaaaaaa addr=127.0.0.1:9`)
	})
}
