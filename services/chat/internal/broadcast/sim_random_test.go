package broadcast

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/checker"
)

// TestGuaranteesAtRandom simulates a chat in which links break and slow down, and
// processes are killed, leave and join, as a seed decides. The checker of the
// scenarios judges the screens. To replay seed 7, or to try more seeds than usual:
//
//	PEERLAB_SIM_SEED=7 go test -run TestGuaranteesAtRandom ./services/chat/internal/broadcast
//	PEERLAB_SIM_SEEDS=1000000 go test -run TestGuaranteesAtRandom ./services/chat/internal/broadcast
func TestGuaranteesAtRandom(t *testing.T) {
	first, end := uint64(0), number(t, "PEERLAB_SIM_SEEDS", 10_000)
	if testing.Short() {
		end /= 10
	}
	if os.Getenv("PEERLAB_SIM_SEED") != "" {
		first = number(t, "PEERLAB_SIM_SEED", 0)
		end = first + number(t, "PEERLAB_SIM_SEEDS", 1)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // so small a heap is collected all the time
	judged := tally{}
	t.Run("seeds", func(t *testing.T) {
		shards := uint64(runtime.GOMAXPROCS(0))
		for shard := range shards {
			t.Run(fmt.Sprint("shard ", shard), func(t *testing.T) {
				t.Parallel()
				for seed := first + shard; seed < end && !t.Failed(); seed += shards {
					v := judge(draw(seed), honest)
					judged.add(v)
					if v.Outcome != checker.Pass {
						report(t, seed)
					}
				}
			})
		}
	})
	for g := checker.Delivery; g <= checker.Return; g++ {
		t.Logf("%v: judged %d times", g, judged[g].Load())
		require.True(t, end == first+1 || judged[g].Load() > 0, g)
	}
}

func number(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	s := os.Getenv(variable)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	require.NoError(t, err, variable)
	return n
}

// tally counts what was judged.
type tally [checker.Return + 1]atomic.Int64

func (n *tally) add(v checker.Verdict) {
	for g, count := range v.Judged {
		n[g].Add(int64(count))
	}
}

// judge runs a plan and returns the verdict on it.
func judge(p plan, m mutant) checker.Verdict {
	s := p.run(m)
	if s.refusal != "" {
		return checker.Verdict{Outcome: checker.Fail, Why: s.refusal}
	}
	return checker.Judge(s.history, s.bounds())
}

var reports sync.Mutex // one at a time

// report fails the test with the shortest run that is left of that of a seed.
func report(t *testing.T, seed uint64) {
	t.Helper()
	reports.Lock()
	defer reports.Unlock()
	p := shrink(draw(seed), func(p plan) bool { return judge(p, honest).Outcome != checker.Pass })
	s := p.run(honest)
	t.Fatalf("seed %d fails. Replay it: PEERLAB_SIM_SEED=%d go test -run TestGuaranteesAtRandom ./services/chat/internal/broadcast\n%v\nThis much is enough: %v%v",
		seed, seed, judge(p, honest), p, s.screens())
}

// shrink removes actions from a run that fails, as many as it still fails without.
func shrink(p plan, fails func(plan) bool) plan {
	for n := len(p.actions); n > 0; n /= 2 {
		for i := 0; i+n <= len(p.actions); {
			less := p
			less.actions = append(append([]action{}, p.actions[:i]...), p.actions[i+n:]...)
			if fails(less) {
				p = less
			} else {
				i += n
			}
		}
	}
	return p
}
