package relay

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// The states of a unit in the naive model: unassigned, assigned, and received.
const (
	todo = iota
	taken
	have
)

// naive is a model of spans with one state for each unit.
type naive []int

func (n naive) frontier() int64 {
	if i := slices.IndexFunc(n, func(b int) bool { return b != have }); i >= 0 {
		return int64(i)
	}
	return int64(len(n))
}

func (n naive) left() (left int64) {
	for _, b := range n {
		if b == todo {
			left++
		}
	}
	return left
}

func (n naive) fill(p span, b int) {
	for i := p.from; i < p.to; i++ {
		n[i] = b
	}
}

// unit is the number of bytes in a unit of the naive model.
const unit = segment / 8

func scale(p span, by func(int64) int64) span { return span{by(p.from), by(p.to)} }

func up(n int64) int64   { return n * unit }
func down(n int64) int64 { return n / unit }

// After any sequence of take, got and putBack, spans and the naive model agree. In the
// end take has returned each byte once more than putBack has received it.
func TestSpansAgainstANaiveModel(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		size := r.Int64N(100)
		here := r.Int64N(size + 1)
		s := newSpans(up(here), up(size))
		n := make(naive, size)
		n.fill(span{0, here}, have)
		var out []span // in units: assigned, not yet received
		for steps := 0; n.frontier() < size; steps++ {
			require.Less(t, steps, 100_000, "seed %d: it does not end", seed)
			switch i := r.IntN(max(len(out), 1)); {
			case len(out) == 0 || r.IntN(3) == 0:
				p, ok := s.take()
				require.Equal(t, n.left() > 0, ok, "seed %d", seed)
				if !ok {
					continue
				}
				p = scale(p, down)
				require.Less(t, p.from, p.to)
				require.LessOrEqual(t, up(p.to-p.from), int64(segment))
				for at := p.from; at < p.to; at++ {
					require.Equal(t, todo, n[at], "seed %d: %v is handed out twice", seed, p)
				}
				n.fill(p, taken)
				out = append(out, p)
			case r.IntN(4) == 0: // the node is killed
				s.putBack(scale(out[i], up))
				n.fill(out[i], todo)
				out = slices.Delete(out, i, i+1)
			default: // a part is received
				came := span{out[i].from, out[i].from + r.Int64N(out[i].to-out[i].from) + 1}
				s.got(scale(came, up))
				n.fill(came, have)
				if out[i].from = came.to; out[i].from == out[i].to {
					out = slices.Delete(out, i, i+1)
				}
			}
			require.Equal(t, up(n.frontier()), s.frontier(), "seed %d", seed)
			require.Equal(t, up(n.left()), s.unassigned(), "seed %d", seed)
		}
		_, ok := s.take()
		require.False(t, ok)
		if size > 0 {
			require.Equal(t, []span{{0, up(size)}}, s.have, "adjacent parts are merged")
		}
		require.Empty(t, s.todo)
	}
}

func TestSpansIgnoreEmptyParts(t *testing.T) {
	s := newSpans(0, 0)
	_, ok := s.take()
	require.False(t, ok)
	s.putBack(span{5, 5})
	s.got(span{5, 5})
	require.Zero(t, s.unassigned())
	require.Empty(t, s.have)
	require.Zero(t, s.frontier())
}

func TestPastWaitsForTheFrontier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpans(0, 30)
		var seen []int64
		var reader sync.WaitGroup
		reader.Go(func() {
			for at := int64(0); ; {
				end := s.waitPast(at)
				if end == at {
					return
				}
				at = end
				seen = append(seen, at)
			}
		})
		s.got(span{10, 20}) // beyond a gap
		synctest.Wait()
		require.Empty(t, seen)
		s.got(span{0, 10})
		synctest.Wait()
		require.Equal(t, []int64{20}, seen)
		s.got(span{20, 25})
		synctest.Wait()
		s.stop()
		reader.Wait()
		require.Equal(t, []int64{20, 25}, seen)
		require.Equal(t, int64(25), s.waitPast(25), "waitPast does not block after stop")
	})
}
