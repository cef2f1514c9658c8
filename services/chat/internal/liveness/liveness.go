// Package liveness decides which members of a mesh are silent, at a cost that does
// not grow with the square of their number. It is a state machine: no socket,
// goroutine or clock. A [Detector] is for one goroutine at a time.
//
// Each member watches a few others, its successors in a ring of the linked members'
// names: they send it keepalives, and the rest, which receive UNWATCH, do not. When
// the keepalives of a member stop, its watcher pings all links, and sends SUSPECT to
// the other members, which ping the suspect over their own links. Every member judges
// by its own link only: one that does not answer a PING is silent, and then gone. The
// shape is that of SWIM (Das, Gupta and Motivala 2002), with fixed watchers in place
// of random probes, so that the time until the first suspicion is bounded.
//
// A link that breaks without its process, and that is not watched, is found by the
// kernel's keepalive as long as nothing is written to it, and otherwise by a slow
// round of pings.
package liveness

import (
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
)

const (
	// TickEvery is the time between two calls of Tick, while no ping is unanswered.
	TickEvery = 750 * time.Millisecond

	// Watched is how many others a member watches: more than one, because a watcher
	// may be blocked by its screen.
	Watched = 3

	suspectAfter = 1100 * time.Millisecond // without a line from a watched member
	pingTick     = 250 * time.Millisecond  // between two calls of Tick, while a ping is unanswered
	silentAfter  = 1                       // ticks after an unanswered ping
	goneAfter    = 4                       // ticks, not time: this process may have been stopped meanwhile
	pingAgain    = time.Second             // between two pings of a link
	roundEvery   = 24                      // ticks between two slow rounds
)

// Link is what the detector knows of one link.
type Link struct {
	User any // of the caller, as given to NewLink

	id       wire.ID
	watched  bool // this member expects keepalives
	watching bool // the other side does

	pinged   int       // ticks since an unanswered ping, from 1; 0: none; more than goneAfter: given up
	pingedAt time.Time // when the latest ping was sent
}

// NewLink returns the link to a process, which is sent UNWATCH unless it is watched.
func NewLink(user any, id wire.ID, watched bool) *Link {
	return &Link{User: user, id: id, watched: watched, watching: true}
}

// Silent reports whether the other side has not answered a ping for some time.
func (l *Link) Silent() bool { return l.pinged > silentAfter }

// Traffic is how long a link was read without a line, and how long nothing was
// written to it.
type Traffic struct{ Silence, Idle time.Duration }

// Action is what must be done with a link.
type Action struct {
	Link    *Link
	Message wire.Message // to be sent; nil: the link must be closed
}

// Detector is the failure detector of one member.
type Detector struct {
	self    wire.Name
	links   []*Link // in the order of names
	changed bool    // links, since the ring was computed
	ticks   int
	due     time.Time // the next tick, once Wait has said so
	do      []Action  // of the current call
}

// New returns the detector of a member without links.
func New(self wire.Name) *Detector { return &Detector{self: self} }

// index returns the number of links to members whose names sort before a name.
func (d *Detector) index(name wire.Name) int {
	i, _ := slices.BinarySearchFunc(d.links, name, func(l *Link, n wire.Name) int { return l.id.Name.Compare(n) })
	return i
}

// Watches reports whether this member watches a process, or would if a link to it
// were added now: UNWATCH can then be sent with READY.
func (d *Detector) Watches(name wire.Name) bool {
	distance := d.index(name) - d.index(d.self)
	if name.Compare(d.self) < 0 {
		distance += len(d.links)
	}
	return distance < Watched
}

// Up adds a link.
func (d *Detector) Up(l *Link) {
	d.links = slices.Insert(d.links, d.index(l.id.Name), l)
	d.changed = true
}

// Down removes a link.
func (d *Detector) Down(l *Link) {
	d.links = slices.DeleteFunc(d.links, func(other *Link) bool { return other == l })
	d.changed = true
}

// Watch processes WATCH, or UNWATCH if on is false.
func (d *Detector) Watch(l *Link, on bool) { l.watching = on }

// Wait returns how long to wait until the next call of Tick. Tick and Suspect may
// change it, but Suspect never to later. Ticks are at multiples of TickEvery by the
// clock, so that the keepalives for a process arrive about when it is awake to send
// its own: that halves what an idle mesh costs on one machine.
func (d *Detector) Wait(now time.Time) time.Duration {
	every := TickEvery
	if slices.ContainsFunc(d.links, func(l *Link) bool { return l.pinged > 0 && l.pinged <= goneAfter }) {
		every = pingTick
	}
	const late = time.Millisecond // a timer that is early by less does not tick twice
	next := now.Add(every - time.Duration(now.UnixNano())%every + late)
	if d.due.IsZero() || next.Before(d.due) {
		d.due = next
	}
	return d.due.Sub(now)
}

// Tick returns what must be done at a time.
func (d *Detector) Tick(now time.Time, traffic func(*Link) Traffic) []Action {
	d.ticks++
	d.due, d.do = time.Time{}, nil
	round := d.ticks%roundEvery == 0
	var suspects []*Link
	gone := false
	for _, l := range d.links {
		t := traffic(l)
		switch {
		case l.pinged > 0 && !now.Add(-t.Silence).Before(l.pingedAt):
			l.pinged = 0
		case l.pinged > 0:
			if l.pinged++; l.pinged == goneAfter+1 {
				gone = true
				d.add(l, nil)
			}
		case l.watched && t.Silence >= suspectAfter:
			suspects = append(suspects, l)
		case round && t.Idle+pingTick < t.Silence: // a PONG was written at once
			d.ping(l, now)
		}
		if l.watching {
			d.add(l, wire.Keepalive{})
		}
	}
	if gone || len(suspects) > 0 { // others may be gone as well
		for _, l := range d.links {
			d.ping(l, now)
			for _, s := range suspects {
				if l != s {
					d.add(l, wire.Suspect{ID: s.id})
				}
			}
		}
	}
	d.watch()
	return d.do
}

// Suspect processes SUSPECT: another member receives no keepalives of a process. It
// returns what must be done.
func (d *Detector) Suspect(id wire.ID, now time.Time) []Action {
	d.do = nil
	for _, l := range d.links {
		if l.id == id {
			d.ping(l, now)
		}
	}
	return d.do
}

func (d *Detector) add(l *Link, m wire.Message) { d.do = append(d.do, Action{l, m}) }

// watch sends WATCH to the successors of this member in the ring, and UNWATCH to
// those that were. PING is answered at once, and the first keepalive comes later.
func (d *Detector) watch() {
	if !d.changed {
		return
	}
	d.changed = false
	for _, l := range d.links {
		watched := d.Watches(l.id.Name)
		switch {
		case watched && !l.watched:
			d.add(l, wire.Watch{})
			d.add(l, pingMessage)
		case !watched && l.watched:
			d.add(l, wire.Unwatch{})
		}
		l.watched = watched
	}
}

var pingMessage = wire.Ping{Token: []byte("alive")}

// ping sends PING over a link, unless one was sent a moment ago or is not answered.
func (d *Detector) ping(l *Link, now time.Time) {
	if l.pinged == 0 && now.Sub(l.pingedAt) >= pingAgain {
		l.pinged, l.pingedAt = 1, now
		d.add(l, pingMessage)
	}
}
