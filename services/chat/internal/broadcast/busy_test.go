package broadcast

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// All members type as fast as their slowest link allows, and each link brings so many
// lines in a moment and no more. Many lines are on their way, for seconds, and answer
// others that are. Nothing else is wrong, so no screen says that lines are missing.
func TestBusyMembersAreNotDoubted(t *testing.T) {
	const (
		moment = 5 * time.Millisecond
		ahead  = 1 << 20 // bytes of lines typed at a member that a link of it has yet to send
	)
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(seed, 5))
			s := newSimulation(DefaultLimits(), honest)
			for seat := range seats {
				s.start(seat, 0)
			}
			s.pass(2 * time.Second)
			speed := map[*end]int{}
			for _, e := range s.ends {
				speed[e] = 60 + rnd.IntN(1+rnd.IntN(400))
			}
			typed, pause := 0, [seats]time.Duration{}
			for end := s.now + 4*time.Second; s.now < end; s.now += moment {
				if rnd.IntN(40) == 0 { // a process has no processor, and all that comes to it waits
					pause[rnd.IntN(seats)] = s.now + time.Duration(rnd.Int64N(int64(100*time.Millisecond)))
				}
				for _, e := range s.ends {
					if e.readable() && pause[e.owner.seat] < s.now {
						e.read(1 + rnd.IntN(speed[e]))
					}
				}
				for seat, p := range s.seats {
					if pause[seat] < s.now {
						p.work()
						p.types(rnd.IntN(100), ahead)
					}
				}
			}
			for _, p := range s.seats {
				typed += int(p.state.Typed())
			}
			t.Logf("%d lines", typed)
			require.Empty(t, s.refusal)
			s.heal()
			for _, p := range s.seats {
				require.Zero(t, p.state.Stats().Missing+p.state.Stats().Lost, "%v", p.state)
				for i := range p.peers {
					require.True(t, i == p.seat || !p.peers[i].end.stream.isCut && s.seats[i].state.Typed() == p.state.senders[s.seats[i].id].shown)
				}
			}
		})
	}
}

// types lets n lines be typed at a process, unless a link has that many bytes to send.
func (p *process) types(n, ahead int) {
	for range n {
		for i := range p.peers {
			if e := p.peers[i].end; e != nil && p.state.Behind(e.sent) > uint64(ahead) {
				return
			}
		}
		p.elapse()
		p.state.Say(bytes.Repeat([]byte{'x'}, 64))
	}
	for i := range p.peers {
		if e := p.peers[i].end; e != nil && e.stream != nil {
			e.write()
		}
	}
}
