package chat

import (
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
)

const (
	lackLook   = 200 * time.Millisecond // between two looks at what is missing
	dueIfStuck = 200 * time.Millisecond // a held line waits so long for what should come by itself, if nothing does,
	dueByLink  = 3 * time.Second        // and so long if something does
	dueAnswer  = time.Second            // somebody else is asked after so long, and in the end everybody
	unreached  = 2 * time.Second        // what nobody gives for so long is not waited for, if its process cannot be reached;
	lost       = time.Minute            // and lost after so long, or at once if its process is dead and all others are here
)

// lack is what is known of lines of an origin that others have and this member
// does not. It is guarded by delivery.mu.
type lack struct {
	known   uint64    // the last line that anybody says to have
	given   uint64    // the last line that nothing waits for any more
	since   time.Time // when the lack began, or some of it came, or the process was lost
	sources []source
	all     bool   // everybody has been asked
	looked  uint64 // what had come when a held line was last seen to wait
}

// source is a link whose other side says to have more.
type source struct {
	link  *link
	has   uint64
	first uint64    // it has no line before this
	asked time.Time // and has not answered; zero: it is not being asked
}

// hear takes in that the other side of a link has shown an origin's lines
// through seq. It is called with d.mu held.
func (d *delivery) hear(l *link, o *origin, seq uint64) {
	if seq <= o.end || o == d.self || o.gone {
		return
	}
	now := time.Now()
	d.miss(o, seq, now)
	if s := o.source(l); s != nil {
		s.has = max(s.has, seq)
	} else {
		o.sources = append(o.sources, source{link: l, has: seq})
	}
	d.chase(o, now)
}

// miss notes that the lines through seq exist. It is called with d.mu held.
func (d *delivery) miss(o *origin, seq uint64, now time.Time) {
	if !o.lacks() {
		o.lack = lack{given: o.given, since: now}
	}
	if !o.listed {
		o.listed = true
		d.lacking = append(d.lacking, o)
	}
	o.known = max(o.known, seq)
}

func (o *origin) source(l *link) *source {
	if i := slices.IndexFunc(o.sources, func(s source) bool { return s.link == l }); i >= 0 {
		return &o.sources[i]
	}
	return nil
}

// drop drops a link from those who have more.
func (o *origin) drop(l *link) {
	o.sources = slices.DeleteFunc(o.sources, func(s source) bool { return s.link == l })
}

// chase gets what is missing of an origin, unless it comes by itself. It is
// called with d.mu held.
func (d *delivery) chase(o *origin, now time.Time) {
	if o.link == nil && o.lacks() {
		d.pull(o, now)
		d.arm()
	}
}

// pull has what is missing of an origin sent by somebody, and gives it up when
// nobody does. It is called with d.mu held.
func (d *delivery) pull(o *origin, now time.Time) {
	switch {
	case !o.lacks():
	case o.have < o.end:
		o.since = now // first things first: what is held back
	default:
		if !d.ask(o, now) && o.link == nil && now.Sub(o.since) >= unreached {
			d.lose(o, now)
		}
	}
}

// lacks reports whether something is missing still.
func (o *origin) lacks() bool { return o.listed && o.end < o.known && !o.gone }

// ask has one of those who have more send it, unless somebody is about to. It
// reports whether there is any. It is called with d.mu held.
func (d *delivery) ask(o *origin, now time.Time) bool {
	var best *source
	for i := range o.sources {
		s := &o.sources[i]
		switch {
		case s.has <= o.end || s.first > o.end+1:
		case s.asked.IsZero():
			if best == nil || s.link.origin.held < best.link.origin.held { // its answer comes behind fewer lines
				best = s
			}
		case now.Sub(s.asked) < dueAnswer:
			return true
		}
	}
	if best != nil {
		d.want(best, o, now)
	} else if !o.all && now.Sub(o.since) >= dueAnswer {
		o.all = true
		for _, l := range d.links {
			if o.source(l) == nil {
				o.sources = append(o.sources, source{link: l, has: o.known})
				d.want(&o.sources[len(o.sources)-1], o, now)
			}
		}
		return true
	}
	return best != nil
}

// want asks. No link is asked for the same lines twice before it has answered.
func (d *delivery) want(s *source, o *origin, now time.Time) {
	s.asked = now
	if slices.Contains(s.link.wanted, o) || s.link.shut {
		return
	}
	s.link.wanted = append(s.link.wanted, o)
	d.wake()
	s.link.send(wire.Want{ID: o.ID, Seq: o.end})
}

// answerOver is called when all lines of an answer have come. Who had none is not
// asked again before it says that it has some.
func (d *delivery) answerOver(l *link) {
	o, now := l.lines, time.Now()
	came := o.end > l.from
	if came {
		o.since = now
	}
	if s := o.source(l); s != nil {
		s.asked = time.Time{}
		switch {
		case came:
		case l.first > 0:
			s.first = l.first
		default:
			o.drop(l)
		}
	}
	l.lines, l.first = nil, 0
	d.chase(o, now)
}

// lose gives up what nobody has given. If somebody has what comes after, that is
// taken, and what is between is lost; else what waits for it is shown without. It
// is called with d.mu held.
func (d *delivery) lose(o *origin, now time.Time) {
	var first uint64 // that somebody has
	for _, s := range o.sources {
		if s.first > o.end+1 && (first == 0 || s.first < first) {
			first = s.first
		}
	}
	switch {
	case first > 0 && now.Sub(o.since) < lost && !(o.dead && d.complete()):
		d.without(o, d.awaited(o))
		return
	case first > 0:
		n := first - 1 - o.end
		d.notice(o, n, "lost")
		d.counts.lost.Add(int64(n))
		o.reach(d, first-1)
		o.end, o.since = first-1, now
		d.ask(o, now)
	default:
		o.known = o.end // until somebody says again to have more
		d.without(o, d.awaited(o))
	}
}

// arm sees to it that look is called in a moment. It is called with d.mu held.
func (d *delivery) arm() {
	if !d.armed {
		d.armed = true
		d.alarm.Reset(lackLook)
	}
}

// look goes on with all that is missing or held back, and does so again as long
// as there is any.
func (d *delivery) look() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = false
	now := time.Now()
	for _, o := range d.lacking {
		d.chase(o, now)
	}
	d.hurry(now)
	d.release()
	d.wake()
	d.lacking = slices.DeleteFunc(d.lacking, func(o *origin) bool {
		o.listed = o.lacks()
		return !o.listed
	})
	if len(d.holding) > 0 {
		d.arm()
	}
}
