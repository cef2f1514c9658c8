package order

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// A thousand rounds, a hundred at a time: the second of each is connected first,
// and nothing lies between one message and the next. Every other client sends no
// newline.
func TestAThousandRoundsOfReversedConnections(t *testing.T) {
	if runtime.GOOS != "linux" {
		lab.LeaveOut(t, "only Linux tells its programs when bytes arrived, and these arrive closer to each other than programs can tell")
	}
	const rounds, batch = 1000, 100
	c := stage.StartOrder(t, rounds)
	for done := 0; done < rounds; done += batch {
		parties := make([]stage.Caller, 2*batch) // in the order of their messages
		for i := len(parties) - 1; i >= 0; i-- {
			parties[i] = stage.Call(t, c, c.At)
		}
		end := make([]string, len(parties))
		for i, p := range parties {
			end[i] = []string{"", "\n"}[rand.IntN(2)]
			p.Send(fmt.Sprintf("Client %d: %d%s", i, done, end[i]))
		}
		for i := 0; i < len(parties); i += 2 {
			verdict := fmt.Sprintf("%d: %d received before %d: %d", i, done, i+1, done)
			c.Receives(parties[i], verdict+end[i])
			c.Receives(parties[i+1], verdict+end[i+1])
		}
	}
	c.Server.Exits(0)
}

// The assignment's own clients send no newline and read once.
func TestOneReadIsEnough(t *testing.T) {
	c := stage.StartOrder(t, 0)
	first, second := stage.Call(t, c, c.At), stage.Call(t, c, c.At)
	second.Send("Client Y: " + strings.Repeat("y", 497))
	first.Send("Client X: " + strings.Repeat("x", 497))
	verdict := "Y: " + strings.Repeat("y", 497) + " received before X: " + strings.Repeat("x", 497)
	for _, p := range []stage.Caller{first, second} {
		once := make([]byte, 1024)
		n, err := p.Read(once)
		require.NoError(t, err)
		assert.Equal(t, verdict, string(once[:n]))
		require.NoError(t, p.Close())
	}
	c.Server.Sees("Sent acknowledgment to both X and Y")
}

// The last byte counts, not how long it takes to tell that it was the last one:
// a client that sends no newline is not the later for it.
func TestWithoutNewlineIsNoDrawback(t *testing.T) {
	c := stage.StartOrder(t, 0)
	x := c.Says("Client X: Ahnaf")
	y := c.Says("Client Y: Ahnaf\n")
	c.Receives(x, "X: Ahnaf received before Y: Ahnaf")
	c.Receives(y, "X: Ahnaf received before Y: Ahnaf\n")
	half := c.Says("Client X: Ahnaf")
	require.NoError(t, half.CloseWrite()) // as printf … | nc -N does
	y = c.Says("Client Y: Ahnaf\n")
	c.Receives(half, "X: Ahnaf received before Y: Ahnaf")
	c.Receives(y, "X: Ahnaf received before Y: Ahnaf\n")
}

func TestAThirdClientIsInTheNextRound(t *testing.T) {
	c := stage.StartOrder(t, 2)
	z, w, x, y := stage.Call(t, c, c.At), stage.Call(t, c, c.At), stage.Call(t, c, c.At), stage.Call(t, c, c.At)
	x.Send("Client X: Ahnaf\n")
	y.Send("Client Y: Ahnaf\n")
	z.Send("Client Z: Ahnaf\n")
	c.Receives(x, "X: Ahnaf received before Y: Ahnaf\n")
	c.Receives(y, "X: Ahnaf received before Y: Ahnaf\n")
	c.Server.Sees("Message Received: Client Z: Ahnaf")
	w.Send("Client W: Ahnaf\n")
	c.Receives(z, "Z: Ahnaf received before W: Ahnaf\n")
	c.Receives(w, "Z: Ahnaf received before W: Ahnaf\n")
	c.Server.Exits(0)
}

// Rounds do not wait for each other, even if a client of one never reads nor leaves.
func TestRoundsDoNotWaitForEachOther(t *testing.T) {
	c := stage.StartOrder(t, 0)
	for range 20 {
		c.Says("Client X: Ahnaf\n")
		c.Says("Client Y: Ahnaf\n")
	}
	began := time.Now()
	x, y := c.Says("Client X: Ahnaf\n"), c.Says("Client Y: Ahnaf\n")
	c.Receives(x, "X: Ahnaf received before Y: Ahnaf\n")
	c.Receives(y, "X: Ahnaf received before Y: Ahnaf\n")
	assert.Less(t, time.Since(began), 5*time.Second)
}
