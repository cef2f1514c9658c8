package wire

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Fault is what is done to the packets of a link. The zero value lets all pass. Of
// several faults that apply to a packet, dropping is first, and then holding.
type Fault struct {
	Of Kind // which packets; the others pass

	Drop   bool          // they are dropped; the sender's TCP sends them again and again
	Each   int           // of them, drop only each so many, from the first; 0 and 1: all
	Hold   bool          // they wait until Pass or another fault lets them pass
	Delay  time.Duration // they come later
	Jitter time.Duration // and up to so much later again, at random, in the same order
	Rate   int           // bytes a second that pass; 0: no limit
}

// String says what the fault does, such as "delay 50ms, rate 4096 bytes/s".
func (f Fault) String() string {
	var all []string
	say := func(when bool, format string, args ...any) {
		if when {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	say(f.Drop && f.Each <= 1, "drop")
	say(f.Drop && f.Each > 1, "drop each %d", f.Each)
	say(f.Hold, "hold")
	say(f.Delay > 0, "delay %v", f.Delay)
	say(f.Jitter > 0, "jitter %v", f.Jitter)
	say(f.Rate > 0, "rate %d bytes/s", f.Rate)
	say(f.Of == Dials, "of packets that open a connection")
	say(f.Of == Data, "of packets that do not open a connection")
	return strings.Join(all, ", ")
}

// Kind is a kind of packets.
type Kind int

const (
	All   Kind = iota
	Dials      // those with SYN, of either side, that open a connection
	Data       // the others
)

// verdict is what becomes of a packet.
type verdict int

const (
	pass verdict = iota
	drop
	hold
)

// lane is one link with a fault. It decides about one packet after the other, and keeps
// their order: none overtakes another, but by being dropped.
type lane struct {
	fault   Fault
	random  *rand.Rand
	count   int       // packets of the kind
	last    time.Time // when the latest packet passes
	through time.Time // when the bytes so far have passed, at the rate
}

// decide returns what becomes of a packet of so many bytes that was sent at a time. If
// it passes, it does at due, which may be now.
func (l *lane) decide(now time.Time, bytes int, dials bool) (v verdict, due time.Time) {
	f := l.fault
	due = now
	if f.Of == Dials && !dials || f.Of == Data && dials {
		f = Fault{}
	} else {
		l.count++
	}
	switch {
	case f.Drop && (f.Each <= 1 || (l.count-1)%f.Each == 0):
		return drop, due
	case f.Hold:
		return hold, due
	}
	if f.Rate > 0 {
		takes := time.Duration(float64(bytes) / float64(f.Rate) * float64(time.Second))
		if l.through.Before(now) {
			l.through = now
		}
		l.through = l.through.Add(takes)
		due = l.through
	}
	due = due.Add(f.Delay)
	if f.Jitter > 0 {
		due = due.Add(time.Duration(l.random.Int64N(int64(f.Jitter) + 1)))
	}
	if due.Before(l.last) {
		due = l.last
	}
	l.last = due
	return pass, due
}
