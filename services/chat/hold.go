package chat

import (
	"errors"
	"slices"
	"time"
)

// maxWait is how long a line is held back in any case.
const maxWait = 10 * time.Second

// errOverheld is why a link is cut whose lines wait for those of others.
var errOverheld = errors.New("too much of what it sent waits for lines of others")

// dep is a line that another one must not be shown before.
type dep struct {
	*origin
	seq uint64
}

// wait says that line seq of its origin, and all behind it, must not be shown
// before deps.
type wait struct {
	seq   uint64
	deps  []dep
	since time.Time
}

// basis is what was shown, besides its lines through some number, where a
// process was first heard of. Its lines after that may answer it without saying
// so again.
type basis struct {
	through uint64
	deps    []dep
}

// reached reports whether the lines through seq have been shown, or been given
// up for. It is called with delivery.mu held.
func (o *origin) reached(seq uint64) bool { return o.have >= seq || o.given >= seq || o.gone }

// over reports whether there is nothing left to wait for.
func (w *wait) over() bool {
	w.deps = slices.DeleteFunc(w.deps, func(d dep) bool { return d.reached(d.seq) })
	return len(w.deps) == 0
}

// holdBack keeps a line until what it follows has been shown: its predecessor,
// and what l.deps name. It is called with d.mu held.
func (d *delivery) holdBack(l *link, o *origin, seq uint64, line []byte) {
	if o.have == o.end {
		d.holding = append(d.holding, o)
	}
	if seq > o.end+1 {
		o.given = max(o.given, seq-1) // lost: nobody needs to wait for them
	}
	n := d.keep(o, seq, l.after, line)
	o.held += n
	d.held += n
	if len(l.deps) > 0 {
		now := time.Now()
		w := wait{seq, slices.DeleteFunc(slices.Clone(l.deps), func(x dep) bool { return x.reached(x.seq) }), now}
		o.waits = append(o.waits, w)
		for _, x := range w.deps {
			d.hear(l, x.origin, x.seq)
		}
		d.arm()
	}
	if o.held > d.limits.heldOf {
		d.dropHeld(o)
	} else if d.held > d.limits.held {
		d.dropHeld(slices.MaxFunc(d.holding, func(a, b *origin) int { return a.held - b.held }))
	}
}

// wait keeps the reader of a link from reading on while too much of what came over
// it is held back: it will be shown when others have been read, so those who send
// it are slowed down, as by a slow screen. What has been asked for over the link
// is worth reading on for. It is called with d.mu held, and lets go of it
// meanwhile.
func (d *delivery) wait(l *link) {
	o := l.origin
	for (o.held > d.limits.someHeldOf || o.held > 0 && d.held > d.limits.someHeld) &&
		len(l.wanted) == 0 && l.left == 0 && l.reason(nil) == nil && !d.over {
		d.waiting++
		d.arm()
		d.flowing.Wait()
		d.waiting--
	}
}

// wake has readers that wait look again. It is called with d.mu held.
func (d *delivery) wake() {
	if d.waiting > 0 {
		d.flowing.Broadcast()
	}
}

// close has nobody wait any more.
func (d *delivery) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	d.wake()
}

// dropHeld drops what is held back of an origin, and cuts its link, which will
// bring it again when it is back. It is called with d.mu held.
func (d *delivery) dropHeld(o *origin) {
	d.counts.overheld.Add(1)
	d.kept -= o.log.truncate(o.have)
	d.held -= o.held
	end := o.end
	o.end, o.held, o.waits = o.have, 0, nil
	if o.link == nil {
		d.miss(o, end, time.Now())
		d.arm()
	}
	d.holding = slices.DeleteFunc(d.holding, func(x *origin) bool { return x == o })
	for _, l := range d.links {
		if l == o.link || l.lines == o && l.left > 0 {
			l.shut = true
			l.close(errOverheld)
		}
	}
}

// hurry has asked for what lines that are held back have waited for too long,
// although it should come by itself. In the end they are shown without, with a
// notice. It is called with d.mu held.
func (d *delivery) hurry(now time.Time) {
	for _, o := range d.holding {
		if len(o.waits) == 0 {
			continue
		}
		w := &o.waits[0]
		age := now.Sub(w.since)
		for _, x := range w.deps {
			stuck := x.end == x.looked
			x.looked = x.end
			if stuck && age >= dueIfStuck || age >= dueByLink {
				d.pull(x.origin, now)
			}
		}
		if age < maxWait {
			continue
		}
		for _, x := range w.deps {
			if !x.reached(x.seq) {
				d.without(x.origin, x.seq)
			}
		}
	}
}

// awaited returns the last line of an origin that something is held back for.
func (d *delivery) awaited(o *origin) (seq uint64) {
	for _, h := range d.holding {
		for _, w := range h.waits {
			for _, x := range w.deps {
				if x.origin == o {
					seq = max(seq, x.seq)
				}
			}
		}
	}
	return seq
}

// without has nothing wait any more for an origin's lines through seq, and says so
// on the screen. Should they come after all, they are shown. It is called with
// d.mu held.
func (d *delivery) without(o *origin, seq uint64) {
	if from := max(o.have, o.given); seq > from {
		d.notice(o, seq-from, "missing")
		d.counts.missing.Add(int64(seq - from))
		o.given = seq
	}
}
