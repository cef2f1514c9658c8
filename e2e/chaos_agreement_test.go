package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// agreementLimit is for what one survivor showed to be on all screens, from the
// moment at which its sender is no more. It is the guarantee's own.
const agreementLimit = 2 * time.Second

// beginInTurn starts the server, and the clients one after the other, so that
// each calls those before it: between two clients the younger calls at once, and
// the older, if it does so all the same, is turned away.
func (r *round) beginInTurn() {
	r.t.Helper()
	r.opens()
	for _, id := range ids(len(r.seats)) {
		r.gates[client(id)].proxy.Break(lab.RST, by(ids(id-1)...))
		r.joins(id)
		r.introduced(id)
	}
	for _, younger := range ids(len(r.seats)) {
		for _, older := range ids(younger - 1) {
			called := func() bool { return slices.ContainsFunc(r.gates[client(older)].proxy.Callers(), by(younger)) }
			r.Eventually(fmt.Sprintf("client %d has called client %d", younger, older), called)
		}
	}
	r.unite()
}

// allSee waits until these screens show a line, for no longer than agreement
// takes.
func (r *round) allSee(line string, ids ...int) {
	r.t.Helper()
	for _, id := range ids {
		r.clients[id].Within(agreementLimit, "agreementLimit").Sees(line)
	}
}

// tellsOneAndDies has somebody whose links to clients 2 and 3 are silent say a
// line, which gets to client 1 only, and die: they must show it all the same.
func (r *round) tellsOneAndDies(t *testing.T, who string) {
	t.Helper()
	line := r.says(who, "")
	r.clients[1].Sees(line)
	for _, id := range []int{2, 3} {
		require.False(t, shows(r.screen(client(id)), line), "the link is not silent")
	}
	r.kills(who)
	r.allSee(line, 2, 3)
	r.heal()
}

// The links from the one who dies to all but one are silent: what it types gets
// to that one only, in the midst of being sent to all.
func TestWhatOneSurvivorShowedAllShow(t *testing.T) {
	alone(t)
	r := newRound(t, 4, 1, "make e2e-native RUN="+t.Name())
	r.beginInTurn()
	over := r.trouble("silence", []string{client(2), client(3)}, nil)
	for _, id := range []int{2, 3} {
		r.gates[client(id)].Shape(lab.ToTarget, lab.Silence())
	}
	r.tellsOneAndDies(t, client(4))
	over()
	r.passes()
}

func TestWhatOneSurvivorShowedOfTheServersAllShow(t *testing.T) {
	alone(t)
	r := newRound(t, 3, 1, "make e2e-native RUN="+t.Name())
	r.beginInTurn()
	over := r.trouble("silence", []string{server}, []string{client(2), client(3)})
	for _, id := range []int{2, 3} {
		r.ways[id].Shape(lab.FromTarget, lab.Silence())
	}
	r.tellsOneAndDies(t, server)
	over()
	r.passes()
}

// Both parts talk, one of each dies in it, and the server on one side: when the
// parts meet again, all who are left show the same.
func TestAPartitionInWhichSomeDieHeals(t *testing.T) {
	alone(t)
	r := newRound(t, 5, 1, "make e2e-native RUN="+t.Name())
	r.begin()
	two, three := []string{client(1), client(2)}, []string{client(3), client(4), client(5), server}
	over := r.trouble("partition", two, three)
	r.part(two, three)
	for range 5 {
		for _, who := range append(two, three...) {
			r.says(who, "")
		}
	}
	last := map[string]string{}
	for _, who := range []string{client(2), client(5), server} {
		last[who] = r.says(who, " and dies")
	}
	r.clients[1].Sees(last[client(2)])
	for _, id := range []int{3, 4} {
		r.clients[id].Sees(last[client(5)], last[server])
	}
	for who := range last {
		r.kills(who)
	}
	r.unite()
	over()
	r.passes()
}
