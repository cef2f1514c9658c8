package e2e

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
)

// A thousand rounds, a hundred at a time: the second of each is connected first,
// and nothing lies between one message and the next. Every other client sends no
// newline.
func TestOrderAThousandRoundsOfReversedConnections(t *testing.T) {
	if runtime.GOOS != "linux" {
		lab.LeaveOut(t, "only Linux tells its programs when bytes arrived, and these arrive closer to each other than programs can tell")
	}
	const rounds, batch = 1000, 100
	c := openCourt(t, rounds)
	for done := 0; done < rounds; done += batch {
		parties := make([]stranger, 2*batch) // in the order of their messages
		for i := len(parties) - 1; i >= 0; i-- {
			parties[i] = callIn(t, c, c.at)
		}
		end := make([]string, len(parties))
		for i, p := range parties {
			end[i] = []string{"", "\n"}[rand.IntN(2)]
			p.says(t, fmt.Sprintf("Client %d: %d%s", i, done, end[i]))
		}
		for i := 0; i < len(parties); i += 2 {
			verdict := fmt.Sprintf("%d: %d received before %d: %d", i, done, i+1, done)
			c.hears(parties[i], verdict+end[i])
			c.hears(parties[i+1], verdict+end[i+1])
		}
	}
	c.server.Exits(0)
}

// The assignment's own clients send no newline and read once.
func TestOrderOneReadIsEnough(t *testing.T) {
	c := openCourt(t, 0)
	first, second := callIn(t, c, c.at), callIn(t, c, c.at)
	second.says(t, "Client Y: "+strings.Repeat("y", 497))
	first.says(t, "Client X: "+strings.Repeat("x", 497))
	verdict := "Y: " + strings.Repeat("y", 497) + " received before X: " + strings.Repeat("x", 497)
	for _, p := range []stranger{first, second} {
		once := make([]byte, 1024)
		n, err := p.Read(once)
		require.NoError(t, err)
		assert.Equal(t, verdict, string(once[:n]))
		require.NoError(t, p.Close())
	}
	c.server.Sees("Sent acknowledgment to both X and Y")
}

func TestOrderByteByByte(t *testing.T) {
	var c *court
	var x, y stranger
	for pause := orderSilence; pause >= orderSilence; { // again, if this very test was held up
		c = openCourt(t, 1)
		x, y = callIn(t, c, c.at), callIn(t, c, c.at)
		pause = x.dribbles(t, "Client X: Ahnaf", func(i int) {
			if i == 5 {
				y.says(t, "Client Y: Ahnaf\n")
			}
		})
		t.Logf("the longest pause between two bytes was one of %v", pause)
	}
	c.hears(x, "Y: Ahnaf received before X: Ahnaf")
	c.hears(y, "Y: Ahnaf received before X: Ahnaf\n")
	c.ends(c.server, 0, orderReady,
		"Message Received: Client Y: Ahnaf", "Message Received: Client X: Ahnaf", "Sent acknowledgment to both X and Y")
}

// dribbles says something byte by byte, and calls each before every byte. It
// returns how long a pause between two of them the other side may have seen.
func (s stranger) dribbles(t *testing.T, text string, each func(i int)) (pause time.Duration) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	var last time.Time
	for i, b := range []byte(text) {
		each(i)
		begun := time.Now()
		s.says(t, string(b))
		if i > 0 {
			pause = max(pause, time.Since(last))
		}
		last = begun
		<-ticker.C
	}
	return pause
}

// The last byte counts, not how long it takes to tell that it was the last one:
// whoever says no newline is not the later for it.
func TestOrderWithoutNewlineIsNoDrawback(t *testing.T) {
	c := openCourt(t, 0)
	x := c.said("Client X: Ahnaf")
	y := c.said("Client Y: Ahnaf\n")
	c.hears(x, "X: Ahnaf received before Y: Ahnaf")
	c.hears(y, "X: Ahnaf received before Y: Ahnaf\n")
	half := c.said("Client X: Ahnaf")
	require.NoError(t, half.CloseWrite()) // as printf … | nc -N does
	y = c.said("Client Y: Ahnaf\n")
	c.hears(half, "X: Ahnaf received before Y: Ahnaf")
	c.hears(y, "X: Ahnaf received before Y: Ahnaf\n")
}

func TestOrderAThirdClientIsInTheNextRound(t *testing.T) {
	c := openCourt(t, 2)
	z, w, x, y := callIn(t, c, c.at), callIn(t, c, c.at), callIn(t, c, c.at), callIn(t, c, c.at)
	x.says(t, "Client X: Ahnaf\n")
	y.says(t, "Client Y: Ahnaf\n")
	z.says(t, "Client Z: Ahnaf\n")
	c.hears(x, "X: Ahnaf received before Y: Ahnaf\n")
	c.hears(y, "X: Ahnaf received before Y: Ahnaf\n")
	c.server.Sees("Message Received: Client Z: Ahnaf")
	w.says(t, "Client W: Ahnaf\n")
	c.hears(z, "Z: Ahnaf received before W: Ahnaf\n")
	c.hears(w, "Z: Ahnaf received before W: Ahnaf\n")
	c.server.Exits(0)
}

// There is no next round after the last one: whoever hoped for it is told.
func TestOrderAThirdClientOfTheLastRound(t *testing.T) {
	c := openCourt(t, 1)
	silent, late := callIn(t, c, c.at), callIn(t, c, c.at)
	x, y := c.said("Client X: Ahnaf\n"), c.said("Client Y: Ahnaf\n")
	late.says(t, "Client Z: Ahnaf")
	c.hears(x, "X: Ahnaf received before Y: Ahnaf\n")
	c.hears(y, "X: Ahnaf received before Y: Ahnaf\n")
	c.hears(silent, "ERR leaving the server has decided its last round\n")
	c.hears(late, "ERR leaving the server has decided its last round\n")
	c.server.Exits(0)
}

// Rounds do not wait for each other, even if a client of one never reads nor leaves.
func TestOrderRoundsDoNotWaitForEachOther(t *testing.T) {
	c := openCourt(t, 0)
	for range 20 {
		c.said("Client X: Ahnaf\n")
		c.said("Client Y: Ahnaf\n")
	}
	began := time.Now()
	x, y := c.said("Client X: Ahnaf\n"), c.said("Client Y: Ahnaf\n")
	c.hears(x, "X: Ahnaf received before Y: Ahnaf\n")
	c.hears(y, "X: Ahnaf received before Y: Ahnaf\n")
	assert.Less(t, time.Since(began), 5*time.Second)
}

func TestOrderExtraBytesAreIgnored(t *testing.T) {
	c := openCourt(t, 1)
	x := c.said("Client X: Ahnaf\nClient Y: not me\n" + strings.Repeat("more\n", 10000))
	c.server.Sees("Message Received: Client X: Ahnaf")
	x.says(t, "and more\n")
	y := c.said("Client Y: Ahnaf\r\nmore")
	c.hears(y, "X: Ahnaf received before Y: Ahnaf\n")
	c.hears(x, "X: Ahnaf received before Y: Ahnaf\n")
	c.ends(c.server, 0, orderReady,
		"Message Received: Client X: Ahnaf", "Message Received: Client Y: Ahnaf", "Sent acknowledgment to both X and Y")
}
