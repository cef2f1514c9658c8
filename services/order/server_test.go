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
)

// Many rounds at a time, without a pause between the messages, whose order is not
// that of the connections: some end by LF, some by half-close, some by silence.
func TestAThousandRoundsByArrival(t *testing.T) {
	const rounds, batch = 1000, 50
	c := startCourt(t, nil, rounds)
	c.mustStamp()
	for done := 0; done < rounds; done += batch {
		parties := make([]*party, 2*batch)
		for i := range parties {
			parties[i] = c.party()
		}
		order := rand.Perm(len(parties))
		for nth, i := range order {
			text := fmt.Sprintf("Client %d: %d", i, nth)
			switch rand.IntN(3) {
			case 0:
				parties[i].says(text + "\n")
			case 1:
				parties[i].says(text)
				require.NoError(t, parties[i].CloseWrite())
			default:
				parties[i].says(text)
			}
		}
		for nth := 0; nth < len(order); nth += 2 {
			first, second := order[nth], order[nth+1]
			verdict := fmt.Sprintf("%d: %d received before %d: %d", first, nth, second, nth+1)
			for _, i := range []int{first, second} {
				said := parties[i].hears()
				if said != verdict && said != verdict+"\n" {
					t.Fatalf("after %d rounds: %q where %q is right", done+nth/2, said, verdict)
				}
			}
		}
	}
	c.ends()
}

// A server knows the time of its very first bytes, and so does one that starts
// at the moment at which another one ends.
func TestTheFirstRoundOfManyServers(t *testing.T) {
	for range 30 {
		c := startCourt(t, nil, 1)
		c.mustStamp()
		x, y := c.party(), c.party()
		x.says("Client X: Ahnaf\n")
		y.says("Client Y: Ahnaf\n")
		require.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", y.hears())
		require.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.hears())
		c.ends()
	}
}

// On real sockets: how a client is gone shows in the attempt to tell it.
func TestWhoHasLeftIsNamed(t *testing.T) {
	c := startCourt(t, nil, 0)
	c.screen.next()
	for name, leave := range map[string]func(p *party){
		"closed": func(p *party) { require.NoError(t, p.Close()) },
		"reset":  func(p *party) { p.resets() },
	} {
		t.Run(name, func(t *testing.T) {
			x, y := c.party(), c.party()
			x.says("Client X: Ahnaf\n")
			require.Equal(t, "Message Received: Client X: Ahnaf", c.screen.next())
			leave(x)
			y.says("Client Y: Ahnaf\n")
			assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", y.hears())
			assert.Equal(t, "Message Received: Client Y: Ahnaf", c.screen.next())
			assert.Equal(t, "Sent acknowledgment to Y; X has left", c.screen.next())
		})
	}
}

// A client that reads late, after it has said more than was asked for, gets its
// verdict all the same.
func TestTheVerdictIsNotLostToExtraBytes(t *testing.T) {
	c := startCourt(t, nil, 1)
	x, y := c.party(), c.party()
	x.says("Client X: Ahnaf\n" + string(make([]byte, 100_000)))
	c.screen.next()
	require.Equal(t, "Message Received: Client X: Ahnaf", c.screen.next())
	x.says("more")
	y.says("Client Y: Ahnaf")
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf", y.hears())
	c.screen.next()
	require.Equal(t, "Sent acknowledgment to both X and Y", c.screen.next())
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.hears())
	c.ends()
}

func TestTheServerEndsAfterItsRounds(t *testing.T) {
	c := startCourt(t, nil, 2)
	silent := c.party()
	c.screen.next()
	for range 2 {
		x, y := c.party(), c.party()
		x.says("Client X: Ahnaf\n")
		require.Equal(t, "Message Received: Client X: Ahnaf", c.screen.next())
		y.says("Client Y: Ahnaf\n")
		assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.hears())
		assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", y.hears())
		c.screen.next()
		c.screen.next()
	}
	assert.Equal(t, "ERR leaving the server has decided its last round\n", silent.hears())
	c.ends()
	ln, err := Listen(ServerConfig{Listen: c.addr, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err, "its port is free at once")
	ln.ln.Close()
}

func TestAThirdClientOfTheLastRoundIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCourt(t, memnet.New(), 1)
		x, y, z, w := c.party(), c.party(), c.party(), c.party()
		x.says("Client X: Ahnaf\n")
		synctest.Wait()
		y.says("Client Y: Ahnaf\n")
		synctest.Wait()
		z.says("Client Z: Ahnaf\n")
		w.says("Client W")
		assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.hears())
		assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", y.hears())
		assert.Equal(t, "ERR leaving the server has decided its last round\n", z.hears())
		assert.Equal(t, "ERR leaving the server has decided its last round\n", w.hears())
		c.ends()
		assert.NotContains(t, c.screen.rest(), "Message Received: Client Z: Ahnaf")
	})
}

func TestWhoeverIsThereWhenTheServerEndsIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCourt(t, memnet.New(), 1)
		silent, half, whole, waiting := c.party(), c.party(), c.party(), c.party()
		waiting.says("Client X: Ahnaf\n")
		<-time.After(time.Second)
		half.says("Cli")
		whole.says("Client Y: Ahnaf\n")
		synctest.Wait()
		began := time.Now()
		c.end()
		for _, p := range []*party{silent, half, whole, waiting} {
			assert.Equal(t, "ERR leaving the server was asked to end\n", p.hears())
		}
		c.ends()
		assert.Zero(t, time.Since(began))
	})
}

// Clients that neither take what they are told nor leave cost the server's end a
// second.
func TestOneWhoDoesNotCloseCostsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCourt(t, memnet.New(), 1)
		for _, name := range []string{"X", "Y"} {
			c.party().says("Client " + name + ": Ahnaf\n")
		}
		began := time.Now()
		c.ends()
		assert.Equal(t, settling+time.Second, time.Since(began))
	})
}

func TestByteByByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCourt(t, memnet.New(), 0)
		slow, quick, never := c.party(), c.party(), c.party()
		quick.says("Client Y: Ahnaf\n")
		for _, b := range []byte("Client X: Ahnaf") {
			slow.says(string(b))
			never.says("C")
			<-time.After(silence - time.Millisecond)
		}
		quick.quiet()
		assert.Equal(t, "Y: Ahnaf received before X: Ahnaf", slow.hears())
		assert.Equal(t, "Y: Ahnaf received before X: Ahnaf\n", quick.hears())
		assert.Contains(t, never.hears(), "ERR syntax")

		dribbles, began := c.party(), time.Now()
		for time.Since(began) < patience+silence {
			dribbles.says("x")
			<-time.After(silence - time.Millisecond)
		}
		assert.Equal(t, "ERR timeout the message took more than 30s\n", dribbles.hears())
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
	assert.NoError(t, Probe(t.Context(), s.Addr()))
	cancel()
	require.NoError(t, <-over)
}

func TestArgumentsOfTheServer(t *testing.T) {
	require.NoError(t, (&ServerConfig{Listen: "127.0.0.1:0"}).Check(nil))
	for want, c := range map[string]ServerConfig{
		`"more" is one argument too many`:   {Listen: "127.0.0.1:0"},
		"-rounds -1 is no number of rounds": {Listen: "127.0.0.1:0", Rounds: -1},
		`"nowhere" is not an address`:       {Listen: "nowhere"},
	} {
		var args []string
		if c.Listen != "nowhere" && c.Rounds == 0 {
			args = []string{"more"}
		}
		assert.ErrorContains(t, c.Check(args), want)
	}
}

// A health check spoils no round, and tells one who does not answer, or is
// somebody else, from a server.
func TestHealth(t *testing.T) {
	c := startCourt(t, nil, 1)
	x, y := c.party(), c.party()
	require.NoError(t, Probe(t.Context(), c.addr))
	x.says("Client X: Ahnaf\n")
	c.screen.next()
	c.screen.next()
	require.NoError(t, Probe(t.Context(), c.addr))
	y.says("Client Y: Ahnaf\n")
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", x.hears())
	assert.Equal(t, "X: Ahnaf received before Y: Ahnaf\n", y.hears())
	c.ends()
	assert.Error(t, Probe(t.Context(), c.addr), "nobody is there")

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	assert.ErrorContains(t, Probe(short, ln.Addr().String()), "does not answer")
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
	assert.ErrorContains(t, Probe(t.Context(), ln.Addr().String()), "not as an order-server does")
}
