package order

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

func TestACrowdOfStrangersKeepsNobodyOut(t *testing.T) {
	c := startCourt(t, nil, 1)
	x := c.party()
	x.says("Client X: Ahnaf\n")
	c.screen.next()
	require.Equal(t, "Message Received: Client X: Ahnaf", c.screen.next())
	oldest := c.party()
	for range 2 * maxStrangers {
		c.party()
	}
	assert.Empty(t, oldest.hears())
	y := c.party()
	y.says("Client Y: Ahnaf")
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf", y.hears())
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.hears())
	c.ends()
}

// While one message may yet turn out to be the first, all others wait: so many,
// and no more.
func TestThoseWhoWaitAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCourt(t, memnet.New(), 0)
		c.party().says("Client X: Ahn")
		<-time.After(time.Millisecond)
		var waiting []*party
		for range maxWaiting {
			p := c.party()
			p.says("Client Y: Ahnaf\n")
			synctest.Wait()
			waiting = append(waiting, p)
		}
		one := c.party()
		one.says("Client Z: Ahnaf\n")
		assert.Equal(t, "ERR full 512 others are waiting, and there is no room for more\n", one.hears())
		for _, p := range waiting {
			assert.Equal(t, "Y: Ahnaf received before Y: Ahnaf\n", p.hears())
		}
		x, y := c.party(), c.party()
		x.says("Client X: Ahnaf\n")
		y.says("Client Y: Ahnaf\n")
		assert.Contains(t, y.hears(), before, "there is room again")
		assert.Contains(t, x.hears(), before)
	})
}

// stuck is a screen that takes nothing until it is let go.
type stuck struct {
	*recorder
	free chan struct{}
}

func (s stuck) Write(b []byte) (int, error) {
	<-s.free
	return s.recorder.Write(b)
}

// Neither clients nor the end of the server wait for a screen.
func TestAScreenThatIsStuckKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rounds = 500
		n := memnet.New()
		ln, err := n.Listen("127.0.0.1:4400")
		require.NoError(t, err)
		screen := stuck{newRecorder(), make(chan struct{})}
		s := newServer(ServerConfig{Listen: "127.0.0.1:4400", Rounds: rounds, Screen: screen, Log: slog.New(slog.DiscardHandler)}, ln, false)
		c := &court{t: t, net: n, addr: s.Addr(), over: make(chan error, 1)}
		go func() { c.over <- s.Serve(context.Background()) }()
		for range rounds {
			x, y := c.party(), c.party()
			x.says("Client X: Ahnaf\n")
			y.says("Client Y: Ahnaf\n")
			require.Contains(t, x.hears(), before)
			require.Contains(t, y.hears(), before)
		}
		began := time.Now()
		c.ends()
		assert.LessOrEqual(t, time.Since(began), time.Second)
		close(screen.free)
		synctest.Wait()
		assert.Len(t, screen.rest(), 1+3*rounds)
	})
}

// broken is a screen on a full disk.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAScreenThatFailsEndsTheServer(t *testing.T) {
	s, err := Listen(ServerConfig{Listen: "127.0.0.1:0", Screen: broken{}, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.ErrorContains(t, s.Serve(t.Context()), "the screen: no space left on device")
}
