package tcp

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A peer whose last acknowledgment came a moment before a check was noticed only
// after 56 s: each check compared a rounded time with the time of the previous one.
func TestSilence(t *testing.T) {
	idle := acks{received: 3}
	awaited := func(received, retransmitted uint32) acks {
		return acks{awaited: true, received: received, retransmitted: retransmitted}
	}
	probed := func(received, probes uint32) acks {
		return acks{awaited: true, received: received, probes: probes}
	}
	for name, c := range map[string]struct {
		checks   []acks
		vanished int // the number of the check that reports it; 0: none
	}{
		"nothing to acknowledge":     {[]acks{idle, idle, idle, idle, idle, idle, idle, idle}, 0},
		"no acknowledgment":          {[]acks{awaited(3, 4), awaited(3, 5), awaited(3, 6), awaited(3, 6), awaited(3, 7), awaited(3, 7)}, 6},
		"none of the first data":     {[]acks{awaited(0, 4), awaited(0, 5), awaited(0, 6), awaited(0, 6), awaited(0, 7)}, 5},
		"nothing sent again":         {[]acks{awaited(3, 4), awaited(3, 4), awaited(3, 4), awaited(3, 4), awaited(3, 4), awaited(3, 4), awaited(3, 5), awaited(3, 6)}, 8},
		"one on the way":             {[]acks{awaited(3, 4), awaited(3, 5), awaited(3, 6), awaited(4, 6), awaited(4, 7), awaited(4, 8), awaited(4, 8), awaited(4, 8), awaited(4, 8)}, 9},
		"acknowledged each time":     {[]acks{awaited(3, 4), awaited(4, 5), awaited(5, 6), awaited(6, 7), awaited(7, 8), awaited(8, 9), awaited(9, 10)}, 0},
		"window probes not answered": {[]acks{probed(3, 0), probed(3, 1), probed(3, 1), probed(3, 1), probed(3, 2), probed(3, 2)}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			var s silence
			found := 0
			for i, a := range c.checks {
				if s.lasts(a) {
					found = i + 1
					break
				}
			}
			assert.Equal(t, c.vanished, found)
		})
	}
}
