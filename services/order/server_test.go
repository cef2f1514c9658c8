package order

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
	"peerlab/services/internal/mtls"
)

// Many rounds run at once, without pauses between the messages, whose order is
// not that of the connections. Some messages end by LF, some by half-close, some
// by silence.
func TestAThousandRoundsByArrival(t *testing.T) {
	const rounds, batch = 1000, 50
	c := startServer(t, nil, rounds)
	c.mustStamp()
	for done := 0; done < rounds; done += batch {
		clients := make([]*rawClient, 2*batch)
		for i := range clients {
			clients[i] = c.dial()
		}
		order := rand.Perm(len(clients))
		for nth, i := range order {
			text := fmt.Sprintf("Client %d: %d", i, nth)
			switch rand.IntN(3) {
			case 0:
				clients[i].sends(text + "\n")
			case 1:
				clients[i].sends(text)
				require.NoError(t, clients[i].CloseWrite())
			default:
				clients[i].sends(text)
			}
		}
		for nth := 0; nth < len(order); nth += 2 {
			first, second := order[nth], order[nth+1]
			verdict := fmt.Sprintf("%d: %d received before %d: %d", first, nth, second, nth+1)
			for _, i := range []int{first, second} {
				got := clients[i].receives()
				if got != verdict && got != verdict+"\n" {
					t.Fatalf("after %d rounds: %q, want %q", done+nth/2, got, verdict)
				}
			}
		}
	}
	c.ends()
}

// A server timestamps its very first bytes, even if it starts at the moment
// another one exits.
func TestTheFirstRoundOfManyServers(t *testing.T) {
	for range 30 {
		c := startServer(t, nil, 1)
		c.mustStamp()
		x, y := c.dial(), c.dial()
		x.sends("Client X: Ahnaf\n")
		y.sends("Client Y: Ahnaf\n")
		require.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", y.receives())
		require.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.receives())
		c.ends()
	}
}

// This needs real sockets: only the write of the verdict shows that a client has
// closed.
func TestTheScreenNamesAClientThatHasLeft(t *testing.T) {
	c := startServer(t, nil, 0)
	c.screen.next()
	for name, leave := range map[string]func(p *rawClient){
		"closed": func(p *rawClient) { require.NoError(t, p.Close()) },
		"reset":  func(p *rawClient) { p.resets() },
	} {
		t.Run(name, func(t *testing.T) {
			x, y := c.dial(), c.dial()
			x.sends("Client X: Ahnaf\n")
			require.Equal(t, "Message Received: Client X: Ahnaf", c.screen.next())
			leave(x)
			y.sends("Client Y: Ahnaf\n")
			assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", y.receives())
			assert.Equal(t, "Message Received: Client Y: Ahnaf", c.screen.next())
			assert.Equal(t, "Sent acknowledgment to Y; X has left", c.screen.next())
		})
	}
}

// A client that reads late, and has sent more than its message, still receives
// its verdict.
func TestTheVerdictIsNotLostToExtraBytes(t *testing.T) {
	c := startServer(t, nil, 1)
	x, y := c.dial(), c.dial()
	x.sends("Client X: Ahnaf\n" + string(make([]byte, 100_000)))
	c.screen.next()
	require.Equal(t, "Message Received: Client X: Ahnaf", c.screen.next())
	x.sends("more")
	y.sends("Client Y: Ahnaf")
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf", y.receives())
	c.screen.next()
	require.Equal(t, "Sent acknowledgment to both X and Y", c.screen.next())
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.receives())
	c.ends()
}

func TestTheServerEndsAfterItsRounds(t *testing.T) {
	c := startServer(t, nil, 2)
	silent := c.dial()
	c.screen.next()
	for range 2 {
		x, y := c.dial(), c.dial()
		x.sends("Client X: Ahnaf\n")
		require.Equal(t, "Message Received: Client X: Ahnaf", c.screen.next())
		y.sends("Client Y: Ahnaf\n")
		assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.receives())
		assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", y.receives())
		c.screen.next()
		c.screen.next()
	}
	assert.Equal(t, "ERR leaving the server has decided its last round\n", silent.receives())
	c.ends()
	ln, err := Listen(ServerConfig{Listen: c.addr, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err, "its port is free at once")
	ln.ln.Close()
}

func TestAThirdClientOfTheLastRoundIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startServer(t, memnet.New(), 1)
		x, y, z, w := c.dial(), c.dial(), c.dial(), c.dial()
		x.sends("Client X: Ahnaf\n")
		synctest.Wait()
		y.sends("Client Y: Ahnaf\n")
		synctest.Wait()
		z.sends("Client Z: Ahnaf\n")
		w.sends("Client W")
		assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.receives())
		assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", y.receives())
		assert.Equal(t, "ERR leaving the server has decided its last round\n", z.receives())
		assert.Equal(t, "ERR leaving the server has decided its last round\n", w.receives())
		c.ends()
		assert.NotContains(t, c.screen.rest(), "Message Received: Client Z: Ahnaf")
	})
}

func TestClientsReceiveAnErrorWhenTheServerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startServer(t, memnet.New(), 1)
		silent, half, whole, waiting := c.dial(), c.dial(), c.dial(), c.dial()
		waiting.sends("Client X: Ahnaf\n")
		<-time.After(time.Second)
		half.sends("Cli")
		whole.sends("Client Y: Ahnaf\n")
		synctest.Wait()
		began := time.Now()
		c.end()
		for _, p := range []*rawClient{silent, half, whole, waiting} {
			assert.Equal(t, "ERR leaving the server was stopped\n", p.receives())
		}
		c.ends()
		assert.Zero(t, time.Since(began))
	})
}

// Clients that neither read their verdict nor close delay the end of Serve by a
// second at most.
func TestAClientThatDoesNotCloseDelaysTheEndByASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startServer(t, memnet.New(), 1)
		for _, name := range []string{"X", "Y"} {
			c.dial().sends("Client " + name + ": Ahnaf\n")
		}
		began := time.Now()
		c.ends()
		assert.Equal(t, settling+time.Second, time.Since(began))
	})
}

func TestByteByByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startServer(t, memnet.New(), 0)
		slow, quick, never := c.dial(), c.dial(), c.dial()
		quick.sends("Client Y: Ahnaf\n")
		for _, b := range []byte("Client X: Ahnaf") {
			slow.sends(string(b))
			never.sends("C")
			<-time.After(silence - time.Millisecond)
		}
		quick.quiet()
		assert.Equal(t, "Y: Ahnaf received before X: Ahnaf", slow.receives())
		assert.Equal(t, "Y: Ahnaf received before X: Ahnaf\n", quick.receives())
		assert.Contains(t, never.receives(), "ERR syntax")

		dribbles, began := c.dial(), time.Now()
		for time.Since(began) < waitLimit+silence {
			dribbles.sends("x")
			<-time.After(silence - time.Millisecond)
		}
		assert.Equal(t, "ERR timeout the message took more than 30s\n", dribbles.receives())
	})
}

func TestPort0IsShown(t *testing.T) {
	screen := newRecorder()
	s, err := Listen(ServerConfig{Listen: "127.0.0.1:0", Screen: screen, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- s.Serve(ctx) }()
	assert.Equal(t, "The server is ready to receive", screen.next())
	assert.Equal(t, "Listening on "+s.Addr(), screen.next())
	assert.NoError(t, Probe(t.Context(), mtls.Flags{}, s.Addr()))
	cancel()
	require.NoError(t, <-over)
}

func TestArgumentsOfTheServer(t *testing.T) {
	require.NoError(t, (&ServerConfig{Listen: "127.0.0.1:0"}).Check(nil))
	for want, c := range map[string]ServerConfig{
		`"more" is one argument too many`: {Listen: "127.0.0.1:0"},
		"-rounds -1 is not valid":         {Listen: "127.0.0.1:0", Rounds: -1},
		`"nowhere" is not an address`:     {Listen: "nowhere"},
	} {
		var args []string
		if c.Listen != "nowhere" && c.Rounds == 0 {
			args = []string{"more"}
		}
		assert.ErrorContains(t, c.Check(args), want)
	}
}

// A health check is in no round, and fails if the server does not respond or is
// another program.
func TestHealth(t *testing.T) {
	c := startServer(t, nil, 1)
	x, y := c.dial(), c.dial()
	require.NoError(t, Probe(t.Context(), mtls.Flags{}, c.addr))
	x.sends("Client X: Ahnaf\n")
	c.screen.next()
	c.screen.next()
	require.NoError(t, Probe(t.Context(), mtls.Flags{}, c.addr))
	y.sends("Client Y: Ahnaf\n")
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.receives())
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", y.receives())
	c.ends()
	assert.Error(t, Probe(t.Context(), mtls.Flags{}, c.addr), "no server listens")

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	assert.ErrorContains(t, Probe(short, mtls.Flags{}, ln.Addr().String()), "does not respond")
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "220 hello\r\n")
			conn.Close()
		}
	}()
	assert.ErrorContains(t, Probe(t.Context(), mtls.Flags{}, ln.Addr().String()), `answers "220 hello": it is another program`)
}
