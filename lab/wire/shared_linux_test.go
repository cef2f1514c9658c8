package wire

import (
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In a network that is shared, a fault of all links cuts a connection that is older than the
// wire, and none of others, of which nothing is recorded either.
func TestOthersInASharedNetworkAreLeftAlone(t *testing.T) {
	b := newNetwork(t)
	b.start("server", "echo").shows("listening")
	one := b.start("one", "talk")
	one.types("hello")
	one.shows("connected")
	one.shows("hello")
	ln, err := b.network.Listen("127.0.0.1:4001")
	require.NoError(t, err)
	defer ln.Close()
	near, err := b.network.Dial(t.Context(), "127.0.0.1:4001")
	require.NoError(t, err)
	defer near.Close()
	far, err := ln.Accept()
	require.NoError(t, err)
	defer far.Close()

	b.open([]uint16{4000})
	require.NoError(t, b.Set("", "", Fault{Drop: true}))
	one.types("lost")
	_, err = io.WriteString(near, "of others")
	require.NoError(t, err)
	require.NoError(t, far.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = io.ReadFull(far, make([]byte, len("of others")))
	require.NoError(t, err)
	require.NoError(t, b.network.Do(func() {
		lo, err := net.InterfaceByName(loopback)
		if assert.NoError(t, err) {
			assert.Equal(t, loopbackMTU, lo.MTU, "the size of packets is that of others, too")
		}
	}))
	one.showsNothing(300 * time.Millisecond)
	require.NoError(t, b.Heal())
	one.shows("lost")
	require.Len(t, b.connections("one", "server"), 1)
	require.Len(t, b.connections("", ""), 1)
	require.NoError(t, b.Close())
	require.NoError(t, b.events.Close())
	assert.Contains(t, b.file.String(), `"kind":"received","link":{"from":"one","to":"server"`)
	assert.NotContains(t, b.file.String(), "of others")
	assert.Empty(t, b.tables(), "its rules are gone")
}

// tables returns the names of the tables of rules in the network.
func (b *bench) tables() (names []string) {
	b.t.Helper()
	require.NoError(b.t, b.network.Do(func() {
		conn, err := nftables.New()
		if !assert.NoError(b.t, err) {
			return
		}
		tables, err := conn.ListTables()
		assert.NoError(b.t, err)
		for _, table := range tables {
			names = append(names, table.Name)
		}
	}))
	return names
}

func TestTheRulesOfASharedNetworkGoWithTheirProcess(t *testing.T) {
	b := newNetwork(t)
	first := b.start("first", "share")
	first.shows("open")
	require.Equal(t, []string{tableName}, b.tables())
	second := b.start("second", "share")
	select {
	case line := <-second.shown:
		require.Contains(t, line, "no other program, such as a second page", "there is one at a time")
	case <-time.After(10 * time.Second):
		t.Fatal("a second one says nothing")
	}
	require.Equal(t, []string{tableName}, b.tables())
	first.types("")
	eventually(t, func() bool { return !slices.Contains(b.tables(), tableName) })
}
