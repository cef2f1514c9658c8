package order

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// next removes and returns the next message.
func next(s *sequence) *message {
	m := s.first()
	if m != nil {
		s.drop(m)
	}
	return m
}

func TestSequence(t *testing.T) {
	var s sequence
	a, b, c, d := newMessage(), newMessage(), newMessage(), newMessage()
	assert.Nil(t, next(&s), "no message yet")
	s.arrived(a, 10)
	s.arrived(b, 20)
	b.final = true
	assert.Nil(t, next(&s), "a may still become final, and is the earlier")
	s.arrived(a, 30)
	assert.Same(t, b, next(&s), "a is the later one now")
	assert.Nil(t, next(&s))
	s.arrived(c, 25)
	c.final = true
	assert.Same(t, c, next(&s), "read later, but arrived earlier")
	s.arrived(d, 40)
	d.final = true
	s.drop(a)
	assert.Same(t, d, next(&s), "no message is before it now")
	s.drop(a)
	assert.Nil(t, next(&s))
}

func TestMessagesWithTheSameTimeAreInTheOrderOfTheirReads(t *testing.T) {
	var s sequence
	a, b := newMessage(), newMessage()
	s.arrived(b, 10)
	s.arrived(a, 10)
	a.final = true
	assert.Nil(t, next(&s))
	b.final = true
	assert.Same(t, b, next(&s))
	assert.Same(t, a, next(&s))
}

func TestAMessageWithoutATimeMayBeTheEarliest(t *testing.T) {
	var s sequence
	a, b := newMessage(), newMessage()
	s.arrived(a, 10)
	a.final = true
	s.expect(b)
	assert.Nil(t, next(&s))
	s.arrived(b, 20)
	s.expect(b)
	assert.Same(t, a, next(&s), "the time of b is known now")
	b.final = true
	assert.Same(t, b, next(&s))
	assert.Empty(t, s.begun)
}

// In any order of bytes and completions, the sequence returns every message,
// sorted by last byte, and each as soon as its place is certain.
func TestSequenceOfManyInAnyOrder(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var s sequence
		open := make([]*message, 20)
		for i := range open {
			open[i] = newMessage()
		}
		total, now, latest, taken := len(open), int64(0), int64(0), 0
		for taken < total {
			i := rng.IntN(max(len(open), 1))
			switch {
			case len(open) == 0:
			case open[i].nth > 0 && rng.IntN(4) == 0:
				open[i].final = true
				open = append(open[:i], open[i+1:]...)
			default:
				now++
				s.arrived(open[i], now)
			}
			for m := next(&s); m != nil; m = next(&s) {
				require.Greater(t, m.at, latest, "seed %d", seed)
				latest = m.at
				taken++
			}
			for _, m := range s.begun {
				if m.final {
					require.True(t, earlierIsOpen(s.begun, m), "seed %d: held back without need", seed)
				}
			}
		}
		require.Empty(t, s.begun)
	}
}

func earlierIsOpen(all []*message, than *message) bool {
	for _, m := range all {
		if !m.final && m.at < than.at {
			return true
		}
	}
	return false
}
