package lab

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLabsUseTheSamePortAtTheSameTime(t *testing.T) {
	const address = "127.0.0.1:4000"
	for range 2 {
		l := New(t, anyFixture(t))
		NeedsOwnNetwork(l)
		hub := l.Start(fixture("hub", "-hub", address))
		hub.Listens(address)
		c, err := l.Dial(address)
		require.NoError(t, err)
		_, err = c.Write([]byte("hello\n"))
		require.NoError(t, err)
		hub.SeesOnce("hello")
		require.NoError(t, c.Close())
	}
}

func TestPortsOfALabDiffer(t *testing.T) {
	for _, opts := range [][]Option{nil, {OnHost()}} {
		l := New(t, opts...)
		seen := map[string]bool{}
		for range 10 {
			at := l.Address()
			assert.False(t, seen[at], at)
			seen[at] = true
			ln, err := l.Listen(at)
			require.NoError(t, err)
			require.NoError(t, ln.Close())
		}
	}
}

func TestTheHostsNetworkIsChosen(t *testing.T) {
	assert.False(t, New(t, Natively(), OnHost()).OwnNetwork())
	t.Setenv(networkVariable, "host")
	assert.False(t, New(t, Natively()).OwnNetwork())
}

func TestAContainerCannotJoinANetworkThatHasNoHolder(t *testing.T) {
	NeedsOwnNetwork(New(t, Natively()))
	out := watch(t, func(t testing.TB) {
		l := New(t, Natively())
		l.Play("fixture", "image:me/fixture")
		l.Start(fixture("late"))
	})
	assert.Contains(t, out, "image:me/fixture is to play fixture, but this lab has a network that containers cannot join: "+
		"choose the program when the lab is made, or make the lab on the host's network")
}
