package chaos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/lab/wire"
)

// agreementLimit is for what one survivor showed to be on all screens, from the
// moment at which its sender is no more. It is the guarantee's own.
const agreementLimit = 2 * time.Second

// allSee waits until these screens show a line, for no longer than agreement
// takes.
func (r *round) allSee(line string, ids ...int) {
	r.t.Helper()
	for _, id := range ids {
		r.Clients[id].Within(agreementLimit).Sees(line)
	}
}

// tellsOneAndDies kills a member when client 1 alone has received its line: clients 2 and 3
// must show it, too.
func (r *round) tellsOneAndDies(t *testing.T, who string) {
	t.Helper()
	over := r.fault(wire.Fault{Drop: true}, links{from: []string{who}, to: []string{client(2), client(3)}})
	line := r.says(who, "")
	r.Clients[1].Sees(line)
	for _, id := range []int{2, 3} {
		require.False(t, shows(r.screen(client(id)), line), "the link is not silent")
	}
	for _, id := range []int{2, 3} { // the end of the process would be lost, too
		r.resets(client(id), who)
	}
	r.kills(who)
	r.allSee(line, 2, 3)
	over()
	r.passes()
}

func TestWhatOneSurvivorShowedAllShow(t *testing.T) {
	r := beginAlone(t, 4)
	r.tellsOneAndDies(t, client(4))
}

func TestWhatOneSurvivorShowedOfTheServersAllShow(t *testing.T) {
	r := beginAlone(t, 3)
	r.tellsOneAndDies(t, server)
}

// Both parts talk, one of each dies in it, and the server on one side: when the
// parts meet again, all who are left show the same.
func TestAPartitionInWhichSomeDieHeals(t *testing.T) {
	r := beginAlone(t, 5)
	two, three := []string{client(1), client(2)}, []string{client(3), client(4), client(5), server}
	over := r.fault(wire.Fault{Drop: true}, among(two, three))
	for range 5 {
		for _, who := range append(two, three...) {
			r.says(who, "")
		}
	}
	last := map[string]string{}
	for _, who := range []string{client(2), client(5), server} {
		last[who] = r.says(who, " and dies")
	}
	r.Clients[1].Sees(last[client(2)])
	for _, id := range []int{3, 4} {
		r.Clients[id].Sees(last[client(5)], last[server])
	}
	for who := range last {
		r.kills(who)
	}
	over()
	r.passes()
}
