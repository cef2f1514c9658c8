package chaos

import (
	"strings"
	"testing"
	"time"

	"peerlab/lab/wire"
)

const (
	// quickLimit is for a line between two whom nothing ails. It is less than it
	// takes until a silent one is given up, and its link would let others go on.
	quickLimit = 2 * time.Second
	// troubleTime goes on until well after the silent ones are given up.
	troubleTime = 6 * time.Second
	// recoveryTime is the time in which a member that had trouble is dialled again: the next
	// dial may be two seconds away.
	recoveryTime = 3 * time.Second
	loadGap      = 50 * time.Millisecond
)

// One is stopped, one cannot be reached, and one has a link that carries little:
// the two others talk as if nothing were the matter, with a load that would fill
// a queue without a bound.
func TestTroubleOfOthersDelaysNoMember(t *testing.T) {
	r := beginAlone(t, 5)
	r.bounds.Delay, r.bounds.Recovery = quickLimit, recoveryTime
	over := r.trouble("all kinds", []string{client(3), client(4), client(5), server}, nil)
	r.Clients[3].Pause()
	healed := []func(){
		r.fault(wire.Fault{Drop: true}, among([]string{client(4)}, r.survivors())),
		r.fault(wire.Fault{Rate: 1 << 10}, among([]string{client(5)}, r.survivors())),
	}
	r.Server.Pause()
	load := time.NewTicker(loadGap)
	defer load.Stop()
	for end := r.clock() + troubleTime; r.clock() < end; {
		<-load.C
		r.burst(client(1), 100)
		line := r.says(client(1), strings.Repeat("x", 10<<10))
		r.Clients[2].Within(quickLimit).Sees(line)
		r.Clients[1].Within(quickLimit).Sees(r.answers(client(2), 1))
	}
	r.Server.Resume()
	r.Clients[3].Resume()
	for _, heal := range healed {
		heal()
	}
	over()
	r.passes()
}
