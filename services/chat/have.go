package chat

import (
	"net"
	"time"

	"peerlab/services/internal/lines"

	"peerlab/services/chat/internal/wire"
)

const (
	tellAtOnce  = 8         // links that are told in one round what has moved
	answerBatch = 256 << 10 // bytes of lines that answer one WANT, about
	maxRequests = 256       // processes whose lines may be asked for on one link at a time
)

// request is a WANT that is to be answered.
type request struct {
	*origin
	seq uint64
}

// shown is what the HAVE line of an origin says. It is called with delivery.mu held.
func (o *origin) shown() mention { return mention{o.ID, "", o.have} }

// tell has the next few links told what has moved since they were told last. It
// leaves out those that have not read the last yet.
func (d *delivery) tell() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for range min(tellAtOnce, len(d.links)) {
		d.next++
		l := d.links[d.next%len(d.links)]
		if l.busy() {
			continue
		}
		var news []byte
		for _, o := range d.origins {
			if o.round >= l.told && o != d.self && o != l.origin && (o.have > 0 || o.Name == wire.Server) {
				news = o.shown().append(news)
			}
		}
		l.told = d.round + 1
		if len(news) > 0 {
			l.queue(news)
		}
	}
	d.round++
}

// mentioned takes in how far a process's lines have been shown at the other side
// of a link. It is called with d.mu held.
func (d *delivery) mentioned(l *link, x mention) error {
	o, err := d.mention(l, x.ID, x.seq)
	if err == nil {
		d.hear(l, o, x.seq)
	}
	return err
}

// up adds a link.
func (d *delivery) up(l *link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.origin = d.origins[wire.ID{Name: l.peer.name, Incarnation: l.incarnation}]
	if l.origin == nil { // forgotten during the handshake, among thousands
		l.origin = d.create(wire.ID{Name: l.peer.name, Incarnation: l.incarnation}, l.last)
	}
	l.origin.link, l.origin.dead = l, false
	d.links = append(d.links, l)
}

// down takes a link away, and tells all others how far the lines of its other
// side have been shown here: some may have come no further.
func (d *delivery) down(l *link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	links := make([]*link, 0, len(d.links))
	for _, other := range d.links {
		if other != l {
			links = append(links, other)
		}
	}
	d.links = links
	o, now := l.origin, time.Now()
	if o.link == l {
		o.link = nil
	}
	if o.have > 0 && !o.gone {
		have := o.shown().append(nil)
		for _, other := range links {
			other.queue(have)
		}
	}
	o.since = now
	for _, x := range d.lacking {
		x.drop(l)
		d.chase(x, now)
	}
}

// asked takes in a WANT. What is asked for twice is sent once.
func (d *delivery) asked(l *link, msg *wire.Want) error {
	o := d.origins[msg.ID]
	if o == nil || o.have <= msg.Seq {
		l.send(wire.Lines{ID: msg.ID})
		return nil
	}
	for i := range l.requests {
		if l.requests[i].origin == o {
			l.requests[i].seq = msg.Seq
			return nil
		}
	}
	if len(l.requests) == maxRequests {
		return lines.Refuse("full", "the lines of more than %d processes asked for at a time", maxRequests)
	}
	l.requests = append(l.requests, request{o, msg.Seq})
	l.poke()
	return nil
}

// answered takes in a LINES line: what follows it is from the log of another.
func (d *delivery) answered(l *link, msg *wire.Lines) error {
	for i, o := range l.wanted {
		if o.ID == msg.ID {
			l.wanted = append(l.wanted[:i], l.wanted[i+1:]...)
			l.lines, l.left, l.from = o, msg.Count, o.end
			if l.left == 0 {
				d.answerOver(l)
			}
			return nil
		}
	}
	return lines.Refuse("syntax", "LINES that were not asked for")
}

// answer adds to bufs the answer to the WANT that has waited longest. It is
// called by the writer of the link, with d.mu held.
func (d *delivery) answer(l *link, bufs net.Buffers) net.Buffers {
	if len(l.requests) == 0 {
		return bufs
	}
	r := l.requests[0]
	l.requests = append(l.requests[:0], l.requests[1:]...)
	at := len(bufs)
	bufs = append(bufs, nil)
	bufs, _, count := r.log.after(r.seq, r.have, answerBatch, bufs)
	bufs[at] = wire.Lines{ID: r.ID, Count: count}.Append(nil)
	return bufs
}
