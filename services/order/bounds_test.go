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

func TestIdleConnectionsKeepNoClientOut(t *testing.T) {
	c := startServer(t, nil, 1)
	x := c.dial()
	x.sends("Client X: Ahnaf\n")
	c.screen.next()
	require.Equal(t, "Message Received: Client X: Ahnaf", c.screen.next())
	oldest := c.dial()
	for range 2 * maxStrangers {
		c.dial()
	}
	assert.Empty(t, oldest.receives())
	y := c.dial()
	y.sends("Client Y: Ahnaf")
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf", y.receives())
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.receives())
	c.ends()
}

// While one message may still turn out to be the first, at most maxWaiting others
// wait.
func TestWaitingClientsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startServer(t, memnet.New(), 0)
		c.dial().sends("Client X: Ahn")
		<-time.After(time.Millisecond)
		var waiting []*rawClient
		for range maxWaiting {
			p := c.dial()
			p.sends("Client Y: Ahnaf\n")
			synctest.Wait()
			waiting = append(waiting, p)
		}
		one := c.dial()
		one.sends("Client Z: Ahnaf\n")
		assert.Equal(t, "ERR full 512 other clients already wait for a verdict\n", one.receives())
		for _, p := range waiting {
			assert.Equal(t, "Y: Ahnaf received before Y: Ahnaf\n", p.receives())
		}
		x, y := c.dial(), c.dial()
		x.sends("Client X: Ahnaf\n")
		y.sends("Client Y: Ahnaf\n")
		assert.Contains(t, y.receives(), before, "clients are accepted again")
		assert.Contains(t, x.receives(), before)
	})
}

// blockedScreen is a screen whose writes block until free is closed.
type blockedScreen struct {
	*recorder
	free chan struct{}
}

func (s blockedScreen) Write(b []byte) (int, error) {
	<-s.free
	return s.recorder.Write(b)
}

// A blocked screen delays neither the clients nor the end of Serve.
func TestABlockedScreenDelaysNoClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rounds = 500
		n := memnet.New()
		ln, err := n.Listen("127.0.0.1:4400")
		require.NoError(t, err)
		screen := blockedScreen{newRecorder(), make(chan struct{})}
		s := newServer(ServerConfig{Listen: "127.0.0.1:4400", Rounds: rounds, Screen: screen, Log: slog.New(slog.DiscardHandler)}, ln, false)
		c := &testServer{t: t, net: n, addr: s.Addr(), over: make(chan error, 1)}
		go func() { c.over <- s.Serve(context.Background()) }()
		for range rounds {
			x, y := c.dial(), c.dial()
			x.sends("Client X: Ahnaf\n")
			y.sends("Client Y: Ahnaf\n")
			require.Contains(t, x.receives(), before)
			require.Contains(t, y.receives(), before)
		}
		began := time.Now()
		c.ends()
		assert.LessOrEqual(t, time.Since(began), time.Second)
		close(screen.free)
		synctest.Wait()
		assert.Len(t, screen.rest(), 1+3*rounds)
	})
}

// failingScreen is a screen whose writes fail, as on a full disk.
type failingScreen struct{}

func (failingScreen) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAScreenThatFailsEndsTheServer(t *testing.T) {
	s, err := Listen(ServerConfig{Listen: "127.0.0.1:0", Screen: failingScreen{}, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.ErrorContains(t, s.Serve(t.Context()), "the screen: no space left on device")
}
