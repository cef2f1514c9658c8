// Package liveness decides which members of a mesh are silent, at a cost that does
// not grow with the square of their number. It is a state machine: no socket,
// goroutine or clock. A [Detector] is for one goroutine at a time.
//
// Each member watches a few others, its successors in a ring of the linked members'
// names: they send it keepalives. A new link is watched by both sides, until
// UNWATCH; WATCH begins again. A member whose keepalives stop is suspected: its watcher pings all links over which nothing has
// come lately, and sends SUSPECT to the other members, which ping the suspect over
// their own links. Every member judges by its own link only: one that does not
// answer a PING is silent, and then gone. The shape is that of SWIM (Das, Gupta
// and Motivala 2002), with fixed watchers in place of random probes, so that the
// time until the first suspicion is bounded.
//
// A link that breaks without its process, and that neither end watches, is found
// by a slow round of pings over all links.
package liveness

import (
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
)

const (
	// TickEvery is the time between two calls of Tick.
	TickEvery = 250 * time.Millisecond

	// Watched is how many others a member watches. A mesh of six is watched
	// completely.
	Watched = 5

	keepaliveAfter = 950 * time.Millisecond  // without a line to a watcher
	suspectAfter   = 1600 * time.Millisecond // without a line from a watched member
	quietAfter     = time.Second             // without a line, before a ping
	silentAfter    = 1                       // ticks after a ping that was not answered
	goneAfter      = 4                       // ticks, not time: this process may have been stopped meanwhile
	roundEvery     = 8                       // ticks between two pings of the slow round
	ringEvery      = 4                       // ticks between two changes of the ring
)

// Link is what the detector knows of one link.
type Link struct {
	User any // of the caller, as given to NewLink

	id       wire.ID
	watched  bool // this member expects keepalives
	watching bool // the other side does

	pinged   int       // ticks since a ping that was not answered, from 1; 0: none
	pingedAt time.Time // when that was
}

// NewLink returns the link to a process.
func NewLink(user any, id wire.ID) *Link {
	return &Link{User: user, id: id, watched: true, watching: true}
}

// Silent reports whether the other side has not answered a ping for some time.
func (l *Link) Silent() bool { return l.pinged > silentAfter }

// Traffic is how long nothing has come over a link although it was read, and how
// long nothing was written to it.
type Traffic struct{ Silence, Idle time.Duration }

// Action is what must be done with a link: send a message, or close it, if there is
// none.
type Action struct {
	Link    *Link
	Message wire.Message
}

// Detector is the failure detector of one member.
type Detector struct {
	self    wire.Name
	links   []*Link // in the order of names
	changed bool    // links, since the ring was computed
	ticks   int
	turn    int // the next link of the slow round
}

// New returns the detector of a member without links.
func New(self wire.Name) *Detector { return &Detector{self: self} }

func order(a, b *Link) int { return a.id.Name.Compare(b.id.Name) }

// Up adds a link.
func (d *Detector) Up(l *Link) {
	i, _ := slices.BinarySearchFunc(d.links, l, order)
	d.links = slices.Insert(d.links, i, l)
	d.changed = true
}

// Down removes a link.
func (d *Detector) Down(l *Link) {
	d.links = slices.DeleteFunc(d.links, func(other *Link) bool { return other == l })
	d.changed = true
}

// Watch processes WATCH, or UNWATCH if on is false.
func (d *Detector) Watch(l *Link, on bool) { l.watching = on }

// Suspect processes SUSPECT: another member receives no keepalives of a process.
// As a link is pinged only after a second of silence, a member that sends SUSPECT
// all the time causes no more than a ping a second.
func (d *Detector) Suspect(id wire.ID, now time.Time, traffic func(*Link) Traffic) (do []Action) {
	for _, l := range d.links {
		if l.id == id {
			do = ping(do, l, now, traffic(l))
		}
	}
	return do
}

// Tick must be called every TickEvery. It returns what must be done.
func (d *Detector) Tick(now time.Time, traffic func(*Link) Traffic) (do []Action) {
	d.ticks++
	if d.changed && d.ticks%ringEvery == 0 {
		do = d.watch(do)
	}
	var suspects []*Link
	gone := false
	for _, l := range d.links {
		t := traffic(l)
		switch {
		case l.pinged > 0 && !now.Add(-t.Silence).Before(l.pingedAt):
			l.pinged = 0
		case l.pinged == goneAfter:
			l.pinged++
			gone = true
			do = append(do, Action{Link: l})
		case l.pinged > 0:
			l.pinged++
		case l.watched && t.Silence >= suspectAfter:
			suspects = append(suspects, l)
		}
		if l.watching && t.Idle >= keepaliveAfter {
			do = append(do, Action{l, wire.Keepalive{}})
		}
	}
	if gone || len(suspects) > 0 {
		do = d.suspect(do, suspects, now, traffic)
	}
	if d.ticks%roundEvery == 0 && len(d.links) > 0 {
		d.turn++
		if l := d.links[d.turn%len(d.links)]; !l.watched {
			do = ping(do, l, now, traffic(l))
		}
	}
	return do
}

// watch sends WATCH to the successors of this member in the ring, and UNWATCH to
// those that were.
func (d *Detector) watch(do []Action) []Action {
	d.changed = false
	first, _ := slices.BinarySearchFunc(d.links, &Link{id: wire.ID{Name: d.self}}, order)
	for i, l := range d.links {
		distance := (i - first + len(d.links)) % len(d.links)
		watched := distance < Watched
		switch {
		case watched && !l.watched:
			do = append(do, Action{l, wire.Watch{}})
		case !watched && l.watched:
			do = append(do, Action{l, wire.Unwatch{}})
		}
		l.watched = watched
	}
	return do
}

// suspect pings all quiet links, since others may be gone as well, and tells the
// others of the suspects.
func (d *Detector) suspect(do []Action, suspects []*Link, now time.Time, traffic func(*Link) Traffic) []Action {
	for _, l := range d.links {
		do = ping(do, l, now, traffic(l))
		for _, s := range suspects {
			if l != s {
				do = append(do, Action{l, wire.Suspect{ID: s.id}})
			}
		}
	}
	return do
}

var pingMessage = wire.Ping{Token: []byte("alive")}

// ping sends PING over a quiet link, unless one is not answered yet.
func ping(do []Action, l *Link, now time.Time, t Traffic) []Action {
	if l.pinged > 0 || t.Silence < quietAfter {
		return do
	}
	l.pinged, l.pingedAt = 1, now
	return append(do, Action{l, pingMessage})
}
