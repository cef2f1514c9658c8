package wire

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatALaneDecides(t *testing.T) {
	const ms = time.Millisecond
	type sent struct {
		at    time.Duration
		bytes int
		dials bool
	}
	type got struct {
		v   verdict
		due time.Duration
	}
	thrice := []sent{{0, 1000, false}, {1 * ms, 1000, false}, {30 * ms, 1000, false}}
	for name, c := range map[string]struct {
		fault Fault
		sent  []sent
		want  []got
	}{
		"none":            {Fault{}, thrice, []got{{pass, 0}, {pass, 1 * ms}, {pass, 30 * ms}}},
		"drop":            {Fault{Drop: true}, thrice, []got{{drop, 0}, {drop, 1 * ms}, {drop, 30 * ms}}},
		"drop each other": {Fault{Drop: true, Each: 2}, thrice, []got{{drop, 0}, {pass, 1 * ms}, {drop, 30 * ms}}},
		"drop, then late": {Fault{Drop: true, Each: 2, Delay: 5 * ms}, thrice, []got{{drop, 0}, {pass, 6 * ms}, {drop, 30 * ms}}},
		"hold":            {Fault{Hold: true, Delay: ms}, thrice, []got{{hold, 0}, {hold, 1 * ms}, {hold, 30 * ms}}},
		"delay":           {Fault{Delay: 50 * ms}, thrice, []got{{pass, 50 * ms}, {pass, 51 * ms}, {pass, 80 * ms}}},
		"rate":            {Fault{Rate: 100_000}, thrice, []got{{pass, 10 * ms}, {pass, 20 * ms}, {pass, 40 * ms}}},
		"rate and delay":  {Fault{Rate: 100_000, Delay: ms}, thrice, []got{{pass, 11 * ms}, {pass, 21 * ms}, {pass, 41 * ms}}},
		"dials only": {
			Fault{Of: Dials, Drop: true},
			[]sent{{0, 60, true}, {ms, 60, false}, {2 * ms, 60, true}},
			[]got{{drop, 0}, {pass, ms}, {drop, 2 * ms}},
		},
		"data only": {
			Fault{Of: Data, Delay: 9 * ms},
			[]sent{{0, 60, true}, {ms, 60, false}},
			[]got{{pass, 0}, {pass, 10 * ms}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Unix(1000, 0)
			l := &lane{fault: c.fault}
			for i, p := range c.sent {
				v, due := l.decide(start.Add(p.at), p.bytes, p.dials)
				require.Equal(t, c.want[i], got{v, due.Sub(start)}, "packet %d", i+1)
			}
		})
	}
}

func TestJitterKeepsTheOrder(t *testing.T) {
	for seed := range uint64(100) {
		l := &lane{fault: Fault{Delay: time.Millisecond, Jitter: 20 * time.Millisecond}, random: rand.New(rand.NewPCG(seed, 0))}
		at, last, differ := time.Unix(1000, 0), time.Time{}, false
		for range 100 {
			at = at.Add(time.Millisecond)
			v, due := l.decide(at, 100, false)
			require.Equal(t, pass, v)
			require.False(t, due.Before(last), "seed %d", seed)
			require.False(t, due.Before(at.Add(time.Millisecond)), "seed %d", seed)
			differ = differ || due.Sub(at) > 10*time.Millisecond
			last = due
		}
		require.True(t, differ, "seed %d: no packet is late", seed)
	}
}
