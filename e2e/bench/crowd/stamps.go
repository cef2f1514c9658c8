package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A stamp in a text is when it was to be said, in nanoseconds since the crowd
// began: "^" and 15 digits.
const (
	stampMark = '^'
	stampSize = 16
)

// stamped returns a text with a stamp, of the length of text.
func stamped(at time.Duration) []byte {
	line := fmt.Appendf(nil, "%c%0*d", stampMark, stampSize-1, at.Nanoseconds())
	return append(line, text[len(line):]...)
}

// stamps reads stamps out of what one member hears.
type stamps struct {
	begin time.Time
	cut   []byte // of a stamp whose rest has not come
	took  []time.Duration
}

func (s *stamps) take(piece []byte) {
	now := time.Since(s.begin)
	if len(s.cut) > 0 {
		n := min(stampSize-len(s.cut), len(piece))
		s.cut = append(s.cut, piece[:n]...)
		if piece = piece[n:]; len(s.cut) < stampSize {
			return
		}
		s.add(now, s.cut)
		s.cut = s.cut[:0]
	}
	for {
		i := bytes.IndexByte(piece, stampMark)
		if i < 0 {
			return
		}
		if piece = piece[i:]; len(piece) < stampSize {
			s.cut = append(s.cut, piece...)
			return
		}
		s.add(now, piece[:stampSize])
		piece = piece[stampSize:]
	}
}

func (s *stamps) add(now time.Duration, stamp []byte) {
	at, err := strconv.ParseInt(string(stamp[1:]), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("what came is not what was said: %q", stamp)) // no server of these makes such a thing
	}
	s.took = append(s.took, now-time.Duration(at))
}

// quantile returns what that share of all, which are sorted, is at most.
func quantile(sorted []time.Duration, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))].Seconds()
}

// quantiles fills in how long lines took.
func (c *came) quantiles(seats []*seat) {
	var all []time.Duration
	for _, s := range seats {
		all = append(all, s.stamps.took...)
	}
	slices.Sort(all)
	c.P50, c.P99, c.P999 = quantile(all, 0.5), quantile(all, 0.99), quantile(all, 0.999)
}
