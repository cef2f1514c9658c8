package chat

import (
	"bytes"
	"net"
	"slices"

	"peerlab/services/chat/internal/wire"
)

// mention is what a line PEER says, or HAVE if addr is empty: in the list that a
// link begins with, and later.
type mention struct {
	wire.ID
	addr string
	seq  uint64
}

const (
	maxList = wire.MaxMembers + maxOrigins // lines
	// listAtOnce bounds the bytes of the list that go out with READY, while the
	// other side may be writing its own and not be reading: any connection takes
	// that much.
	listAtOnce = 16 << 10
	listLine   = 48        // bytes in a line of it, about
	maxSpare   = 256 << 10 // bytes of a list whose memory is used again
)

// list is what goes out with READY. It is made with delivery.mu held.
type list struct {
	number uint64 // tells it from others, for origin.named
	round  uint64 // in which it was true
	count  uint64
	lines  []byte // encoded
	out    []byte // READY, and what goes out with it
}

// newList begins a list. There is a great deal to say in a large chat, to
// everybody, so the memory is used again. It is called with d.mu held.
func (d *delivery) newList() *list {
	s := d.spare
	d.spare = nil
	if s == nil {
		s = &list{lines: make([]byte, 0, listLine*len(d.origins))}
	}
	d.lists++
	*s = list{number: d.lists, round: d.round, lines: s.lines[:0], out: s.out[:0]}
	return s
}

// done gives up a list.
func (d *delivery) done(s *list) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if cap(s.lines) <= maxSpare && (d.spare == nil || cap(d.spare.lines) < cap(s.lines)) {
		d.spare = s
	}
}

// add adds a line.
func (s *list) add(x mention) {
	s.lines = x.append(s.lines)
	s.count++
}

// append adds the line to dst.
func (x mention) append(dst []byte) []byte {
	if x.addr == "" {
		return wire.Have{ID: x.ID, Seq: x.seq}.Append(dst)
	}
	return wire.Peer{ID: x.ID, Addr: x.addr, Have: x.seq}.Append(dst)
}

// names notes that a list tells of a process, and returns what it is to say: how
// far the lines of that have been shown. It is called with d.mu held.
func (d *delivery) names(s *list, id wire.ID) (have uint64) {
	o := d.origins[id]
	if o == nil {
		return 0
	}
	o.named = s.number
	return o.passed()
}

// finish adds to a list a HAVE line for every process that it does not name: one
// that has said nothing yet, too, for it may before it is met. The link is to be
// told what has moved since. It is called with d.mu held.
func (d *delivery) finish(s *list) {
	for _, o := range d.origins {
		if o.named != s.number && (o != d.self || o.have > 0) {
			s.add(mention{o.ID, "", o.passed()})
		}
	}
}

// told is how far a link has been told of others.
type told struct {
	round uint64 // of which it has been told
	rest  []byte // lines of the list that are to go out before anything else
}

// write sends READY and the list, or its first lines if it is long, in one write.
func (s *list) write(conn net.Conn, ready wire.Ready) (told, error) {
	s.out = ready.Append(s.out)
	now := s.lines
	if len(now) > listAtOnce {
		now = now[:bytes.LastIndexByte(now[:listAtOnce], '\n')+1]
	}
	s.out = append(s.out, now...)
	_, err := conn.Write(s.out)
	return told{s.round, slices.Clone(s.lines[len(now):])}, err
}

// knows reports whether a line of the list says nothing new, as most do: it is of
// a process that there is a link to, or, if no address is in it, that is known,
// and whose lines have come as far here. It is called with d.mu held.
func (d *delivery) knows(l *link, msg wire.Message) bool {
	var o *origin
	var seq uint64
	switch msg := msg.(type) {
	case *wire.Peer:
		if o, seq = d.origins[msg.ID], msg.Have; o == nil || o.link == nil && o != d.self {
			return false
		}
	case *wire.Have:
		o, seq = d.origins[msg.ID], msg.Seq
	}
	return o != nil && o != l.origin && o.reached(seq) && seq <= o.end
}

// newMentions returns memory for lines of a list that say something new.
func (d *delivery) newMentions() []mention {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.mentions
	d.mentions = nil
	return s
}

// doneWith gives it back.
func (d *delivery) doneWith(s []mention) {
	clear(s)
	d.mu.Lock()
	defer d.mu.Unlock()
	if cap(s) > cap(d.mentions) {
		d.mentions = s[:0]
	}
}

// takeListed takes in a line of the list, which is acted on when it is complete.
func (m *member) takeListed(l *link, x mention) error {
	if l.list == nil {
		l.list = m.delivery.newMentions()
	}
	l.list = append(l.list, x)
	if l.listed--; l.listed > 0 {
		return nil
	}
	return m.listOver(l)
}

// listOver acts on the list when it is complete.
func (m *member) listOver(l *link) error {
	if err := m.delivery.begin(l); err != nil {
		return err
	}
	m.mu.Lock()
	for _, x := range l.list {
		if x.addr != "" {
			m.heardLocked(x)
		}
	}
	m.mu.Unlock()
	m.delivery.doneWith(l.list)
	l.list = nil
	if l.joined {
		m.settled(true)
	}
	return nil
}

// begin takes in the list of a link. All that was shown there when it was made
// was shown before what follows it was typed; whoever is first heard of by it may
// answer that without saying so again. That is why it is taken in as a whole.
func (d *delivery) begin(l *link) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var made []mention
	var deps []dep
	for _, x := range l.list {
		before := len(d.origins)
		o, err := d.mention(l, x.ID, x.seq)
		if err != nil {
			return err
		}
		if o == l.origin && o.fresh {
			if !o.seen {
				o.have, o.end = max(o.have, x.seq), max(o.end, x.seq)
			}
			made = append(made, x)
		}
		if len(d.origins) > before {
			made = append(made, x)
		}
	}
	l.origin.fresh = false
	for _, x := range l.list {
		o := d.origins[x.ID]
		if o == nil || o == d.self || o == l.origin {
			continue
		}
		if !o.reached(x.seq) {
			deps = append(deps, dep{o, x.seq})
		}
		d.hear(l, o, x.seq)
	}
	if len(deps) > 0 {
		for _, x := range made {
			if o := d.origins[x.ID]; o != nil && o.have > 0 { // else its lines say all that they follow
				o.basis = &basis{max(o.end, x.seq), deps}
			}
		}
	}
	return nil
}
