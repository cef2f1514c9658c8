package chat

import (
	"peerlab/services/internal/lines"

	"peerlab/services/chat/internal/wire"
)

// maxOrigins bounds the processes whose lines are kept apart, dead ones
// included, and those that one link may name that nobody knew.
const maxOrigins = 2048

// originID names a process for ever.
type originID struct {
	Name        wire.Name
	Incarnation uint64
}

// origin is a process, as far as its lines are concerned. All of it is guarded
// by delivery.mu.
type origin struct {
	wire.ID
	who     string // how the screen begins its lines
	opening []byte // how they begin on the wire

	link   *link   // the one with that very process, when it is up
	sought bool    // there is to be one
	dead   bool    // it has left, or is not where it was
	have   uint64  // shown through
	end    uint64  // here through: what lies between is held back
	log    history // the lines that are here, as far as they are kept

	named uint64 // the last list that it was named in
	seen  bool   // the screen has shown a line of it
	moved bool   // it is in delivery.moved
	round uint64 // when have moved last
	gone  bool   // it is no longer among delivery.origins

	fresh  bool   // it counts from the LAST of its HELLO, and its list is yet to come
	basis  *basis // what its next lines follow, if that is more than they say
	held   int    // bytes that are held back
	waits  []wait // why
	bye    func() // what is to be done when nothing is held back any more; may be nil
	lack          // what others have of it
	listed bool   // it is in delivery.lacking
}

func newOrigin(id wire.ID) *origin {
	return &origin{ID: id, who: id.Name.Who() + ": ", opening: []byte("MSG " + string(id.Name) + " ")}
}

// reach notes that the screen has shown the lines through seq. It is called with
// d.mu held.
func (o *origin) reach(d *delivery, seq uint64) {
	o.have, o.round, o.seen = seq, d.round, true
	if !o.moved {
		o.moved = true
		d.moved = append(d.moved, o)
	}
}

// create adds an origin whose lines count from have, and makes room for it if
// need be. It is called with d.mu held.
func (d *delivery) create(id wire.ID, have uint64) *origin {
	if len(d.origins) >= maxOrigins {
		d.forget()
	}
	o := newOrigin(id)
	o.have, o.end, o.round = have, have, d.round
	o.log.stock = &d.stock
	d.origins[id] = o
	return o
}

// forget drops an origin that there is no link to: one of which no line has been
// shown if there is one, else the oldest. An unknown process that is no younger
// than one whose lines were shown may be that very one, so it will not count from
// 0: nothing is shown twice. It is called with d.mu held.
func (d *delivery) forget() {
	var least *origin
	for _, o := range d.origins {
		if o == d.self || o.link != nil || o.have < o.end {
			continue
		}
		if least == nil || !o.seen && least.seen || o.seen == least.seen && o.Incarnation < least.Incarnation {
			least = o
		}
	}
	if least == nil {
		return
	}
	if least.seen {
		d.floor = max(d.floor, least.Incarnation)
		d.counts.forgotten.Add(1)
	}
	least.gone = true
	d.kept -= least.log.size
	least.log = history{}
	delete(d.origins, least.ID)
}

// met takes in a HELLO and returns how far the lines of that process have been
// shown. It is an heir if another process is known to have had its name.
func (d *delivery) met(h wire.Hello, heir bool) (have uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := wire.ID{Name: h.Name, Incarnation: h.Incarnation}
	for _, other := range d.origins {
		other.dead = other.dead || other.Name == h.Name && other.Incarnation != h.Incarnation
	}
	o := d.origins[id]
	switch {
	case o != nil:
	case h.Incarnation > d.floor && (h.State == wire.StateNew || h.Incarnation > d.self.Incarnation || heir):
		o = d.create(id, 0)
	default:
		o = d.create(id, h.Last)
		o.fresh = true
	}
	o.sought = true
	if !o.seen && o.have == o.end {
		o.have = min(o.have, h.Last) // who mentioned it first may have said more than there is
		o.end = o.have
	}
	return o.have
}

// seek notes that a link to a process is looked for.
func (d *delivery) seek(id wire.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o := d.origins[id]; o != nil {
		o.sought = true
	}
}

// complete reports whether there is a link to everybody who may be alive. It is
// called with d.mu held.
func (d *delivery) complete() bool {
	for _, o := range d.origins {
		if o.sought && !o.dead && o.link == nil {
			return false
		}
	}
	return true
}

// died notes that a process has left, or does not listen any more.
func (d *delivery) died(id wire.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o := d.origins[id]; o != nil {
		o.dead = true
	}
}

// mention returns the origin that a link speaks of, which has been shown there
// through seq. A process that nobody spoke of before counts from there, unless it
// is younger than this one: then all it ever said is for this screen. It is nil
// if there is no use in knowing. It is called with d.mu held.
func (d *delivery) mention(l *link, id wire.ID, seq uint64) (*origin, error) {
	if o := d.origins[id]; o != nil {
		return o, nil
	}
	if l.named++; l.named > maxOrigins {
		return nil, lines.Refuse("full", "%d processes that nobody knows", l.named)
	}
	if id.Incarnation > d.self.Incarnation && id.Incarnation > d.floor {
		seq = 0
	}
	return d.create(id, seq), nil
}

// shown returns how far the lines of a process have been shown.
func (d *delivery) shown(id wire.ID) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o := d.origins[id]; o != nil {
		return o.have
	}
	return 0
}

// passed returns how far the lines of a process have been shown, or were given up
// while it can't be reached: a newcomer is not to be shown, later, what those
// that it has seen go on without had been waiting for. It is called with
// delivery.mu held.
func (o *origin) passed() uint64 {
	if o.link == nil {
		return max(o.have, o.given)
	}
	return o.have
}
