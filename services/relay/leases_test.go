package relay

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	idA = "aaaaaaaaaaaaaaaa"
	idB = "bbbbbbbbbbbbbbbb"
)

// lists requires that the leases list these addresses, in this order.
func (l *leases) lists(t *testing.T, addrs ...string) {
	t.Helper()
	if len(addrs) == 0 {
		addrs = []string{}
	}
	require.Equal(t, addrs, l.list())
}

func TestLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l leases
		fresh, ok := l.register(idA, "h:1", "h")
		require.True(t, fresh && ok)
		<-time.After(lease - 1)
		l.lists(t, "h:1")
		<-time.After(1)
		l.lists(t)
		fresh, ok = l.register(idA, "h:1", "h")
		require.True(t, fresh && ok, "a registration after the end of the lease is new")
	})
}

func TestLeaseIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l leases
		l.register(idA, "h:1", "h")
		l.register(idB, "h:2", "h")
		for range 20 {
			<-time.After(lease / 3)
			fresh, ok := l.register(idA, "h:1", "h")
			require.True(t, ok && !fresh)
		}
		l.lists(t, "h:1")
	})
}

func TestLeasesListTheOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l leases
		for _, i := range []int{5, 3, 9, 1} {
			l.register(fmt.Sprintf("%016x", i), fmt.Sprintf("h:%d", i), "h")
		}
		l.register(fmt.Sprintf("%016x", 3), "h:3", "h") // a renewal keeps the position
		l.lists(t, "h:5", "h:3", "h:9", "h:1")
		<-time.After(lease)
		l.register(idA, "h:7", "h")
		l.register(fmt.Sprintf("%016x", 5), "h:5", "h")
		l.lists(t, "h:7", "h:5")
	})
}

func TestLeaseOfAnAddressThatIsTakenOver(t *testing.T) {
	var l leases
	l.register(idA, "h:1", "h")
	l.register(idB, "h:2", "h")
	fresh, ok := l.register("cccccccccccccccc", "h:1", "h")
	require.True(t, fresh && ok)
	l.lists(t, "h:2", "h:1")
	require.False(t, l.withdraw(idA, "h"), "the new node has replaced the lease")
	l.lists(t, "h:2", "h:1")
}

func TestLeaseOfANodeThatMoves(t *testing.T) {
	var l leases
	l.register(idA, "h:1", "h")
	l.register(idA, "elsewhere:1", "h")
	l.lists(t, "elsewhere:1")
	l.register(idA, "other:1", "other") // another host: possibly another node
	l.lists(t, "elsewhere:1", "other:1")
}

func TestWithdraw(t *testing.T) {
	var l leases
	l.register(idA, "h:1", "h")
	l.register(idB, "h:2", "h")
	require.False(t, l.withdraw(idA, "other"), "another host cannot withdraw a node")
	require.False(t, l.withdraw("cccccccccccccccc", "h"))
	l.lists(t, "h:1", "h:2")
	require.True(t, l.withdraw(idA, "h"))
	l.lists(t, "h:2")
	require.False(t, l.withdraw(idA, "h"))
}

func TestLeasesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l leases
		accepted := 0
		for i := range 10_000 {
			if _, ok := l.register(fmt.Sprintf("%016x", i), fmt.Sprintf("h:%d", i+1), fmt.Sprintf("10.0.%d.7", i%64)); ok {
				accepted++
			}
		}
		require.Equal(t, maxNodes, accepted)
		require.Len(t, l.list(), maxNodes)
		require.Len(t, l.nodes, maxNodes)
		fresh, ok := l.register(fmt.Sprintf("%016x", 7), "h:8", "10.0.7.7")
		require.True(t, ok && !fresh, "a full table accepts renewals")
		_, ok = l.register(idA, "h:8", "h")
		require.True(t, ok, "a full table accepts a new node at a listed address")
		_, ok = l.register(fmt.Sprintf("%016x", 1), "h:60000", "10.0.1.7")
		require.True(t, ok, "a full table accepts a new address of a listed node")
		<-time.After(lease)
		_, ok = l.register(idB, "h:20000", "h")
		require.True(t, ok, "leases that have ended are removed")
		l.lists(t, "h:20000")
		require.Len(t, l.nodes, 1)
	})
}
