package causal

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTheClockIsAheadByWhatItSays(t *testing.T) {
	var c Clock
	ahead, within := c.Ahead()
	assert.Zero(t, ahead)
	assert.Zero(t, within)
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		ms := func(most int) time.Duration { return time.Duration(r.IntN(most*1000)) * time.Microsecond }
		truth := ms(20_000) - 10*time.Second
		var c Clock
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		for range 40 {
			sent := now
			received := sent.Add(ms(30) + time.Millisecond)
			answered := received.Add(ms(1000)) // it was busy
			returned := answered.Add(ms(30) + time.Millisecond)
			c.Add(sent, received.Add(truth), answered.Add(truth), returned)
			now = returned.Add(ms(1000))
		}
		ahead, within := c.Ahead()
		assert.LessOrEqual(t, (ahead - truth).Abs(), within, "seed %d", seed)
		assert.Less(t, within, 20*time.Millisecond, "seed %d", seed)
	}
}
