package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
	"peerlab/lab/wire"
)

const (
	// silenceLimit is how soon one whose host is paused, or whose cable is cut,
	// is noticed: the guarantee's 3 s, which the chat's own tests hold it to on a
	// clock of theirs, and room for a loaded machine.
	silenceLimit = 10 * time.Second
	// quickLimit is for a line between two whom nothing ails. It is less than it
	// takes until a silent one is given up, and its link would let others go on.
	quickLimit = 2 * time.Second
	// troubleTime goes on until well after the silent ones are given up.
	troubleTime = 6 * time.Second
	// recoveryTime is for whoever had trouble to be called again: then the next
	// call may be two seconds away.
	recoveryTime = 3 * time.Second
	loadGap      = 50 * time.Millisecond
)

// One is stopped, one cannot be reached, and one has a link that carries little:
// the two others talk as if nothing were the matter, with a load that would fill
// whatever has no bound.
func TestTroubleOfOthersDelaysNobody(t *testing.T) {
	alone(t)
	r := newRound(t, 5, "make e2e-native RUN="+t.Name())
	r.bounds.Delay, r.bounds.Recovery = quickLimit, recoveryTime
	r.begin()
	over := r.trouble("all kinds", []string{client(3), client(4), client(5), server}, nil)
	r.clients[3].Pause()
	healed := []func(){
		r.fault(wire.Fault{Drop: true}, among([]string{client(4)}, r.survivors())),
		r.fault(wire.Fault{Rate: 1 << 10}, among([]string{client(5)}, r.survivors())),
	}
	r.server.Pause()
	load := time.NewTicker(loadGap)
	defer load.Stop()
	for end := r.clock() + troubleTime; r.clock() < end; {
		<-load.C
		r.burst(client(1), 100)
		line := r.says(client(1), strings.Repeat("x", 10<<10))
		r.clients[2].Within(quickLimit, "quickLimit").Sees(line)
		r.clients[1].Within(quickLimit, "quickLimit").Sees(r.answers(client(2), 1))
	}
	r.server.Resume()
	r.clients[3].Resume()
	for _, heal := range healed {
		heal()
	}
	over()
	r.passes()
}

// finds waits until /who at a client says this of somebody, and returns how long
// that took.
func (c *chat) finds(at int, who, what string) time.Duration {
	c.t.Helper()
	began := time.Now()
	c.Eventually(fmt.Sprintf("client %d finds that %s is %s", at, who, what), func() bool {
		c.clients[at].Mark()
		c.clients[at].Types("/who")
		said := ""
		c.clients[at].Collects(func() string { return "word of " + who }, func(l lab.Line) bool {
			for _, state := range []string{"connected", "silent", "gone"} {
				if strings.HasPrefix(l.Text, "* "+who+": "+state) {
					said = state
				}
			}
			return said != ""
		})
		return said == what
	})
	return time.Since(began)
}

func TestWhoTellsTheSilentFromTheGone(t *testing.T) {
	c := startChat(t, 3)
	c.finds(1, client(2), "connected")

	c.clients[2].Pause() // its host still takes connections, and nothing answers
	assert.Less(t, c.finds(1, client(2), "silent"), silenceLimit)
	c.finds(1, client(3), "connected")
	c.clients[2].Resume()
	c.finds(1, client(2), "connected")

	c.clients[3].Kill()
	assert.Less(t, c.finds(1, client(3), "gone"), silenceLimit)
	c.server.Pause()
	assert.Less(t, c.finds(1, server, "silent"), silenceLimit)
	c.server.Resume()
	c.finds(1, server, "connected")
	c.everyoneTalks("there we are again")
}

// A cable that is cut says nothing: no FIN, no reset.
func TestACutCableIsNoticed(t *testing.T) {
	c := newChat(t)
	w := c.Wire()
	c.start(2)
	c.noError(w.Set("", "", wire.Fault{Drop: true}))
	began := time.Now()
	c.finds(1, client(2), "silent")
	c.finds(1, server, "silent")
	assert.Less(t, time.Since(began), silenceLimit)
	c.noError(w.Heal())
	c.finds(1, client(2), "connected")
	c.finds(1, server, "connected")
	c.everyoneTalks("mended")
}
