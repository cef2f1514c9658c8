package chat

import (
	"slices"
	"testing/synctest"
	"time"

	"peerlab/e2e/checker"
	"peerlab/services/internal/memnet"
)

// step has something happen, most often that a line is typed.
func (w *world) step() {
	all := w.live()
	a, b := all[w.rnd.IntN(len(all))], all[w.rnd.IntN(len(all))]
	switch n := w.rnd.IntN(40); {
	case n < 22:
		for range 1 + w.rnd.IntN(3) {
			w.types(a)
			if w.rnd.IntN(2) == 0 {
				synctest.Wait()
				w.types(b)
			}
		}
	case n < 26:
		w.slow(a, b)
	case n < 29:
		w.fault("broken", 0, []string{a.life.Who}, b.life.Who)
		w.breaks(between(a, b))
	case n < 31:
		w.killInMidBroadcast(a)
	case n < 33:
		w.stop(a)
	case n < 35:
		w.partition()
	case n < 37:
		w.fault("severed", maxFault, []string{a.life.Who}, b.life.Who)
		w.set(func() { w.cut = [2]string{a.Addr, b.Addr} })
		w.breaks(between(a, b))
		w.after(maxFault, func() { w.set(func() { w.cut = [2]string{} }) })
	case w.server == nil:
		w.startServer()
	case n == 37:
		w.server.life.End, w.server.life.To = checker.Left, w.clock()
		w.server.keys <- "Exit"
		<-w.server.done
		w.server = nil
	default:
		for _, a := range all {
			w.fault("broken", 0, []string{a.life.Who})
		}
		w.breaks(func(_, _ string) bool { return true })
	}
}

// fault records trouble for d, and for the dials after it.
func (w *world) fault(what string, d time.Duration, a []string, b ...string) {
	now := w.clock()
	w.history.Faults = append(w.history.Faults, checker.Fault{What: what, A: a, B: b, From: now, To: now + d + lastRetry})
}

func (w *world) upTo(d time.Duration) time.Duration { return time.Duration(w.rnd.Int64N(int64(d))) }

// set changes who can reach whom.
func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// slow delays all that is on its way between two.
func (w *world) slow(a, b *actor) {
	w.fault("slow", maxSlow, []string{a.life.Who}, b.life.Who)
	w.net.Each(func(c *memnet.Conn, from, to string) {
		if between(a, b)(from, to) {
			c.Hold(true)
			w.after(maxSlow, func() { c.Hold(false) })
		}
	})
}

// stop lets nothing through to or from an actor, as if the whole host stood still.
func (w *world) stop(a *actor) {
	w.fault("stopped", maxFault, []string{a.life.Who})
	w.set(func() { w.stopped[a.Addr] = true })
	w.hold(true, between(a))
	w.after(maxFault, func() {
		w.set(func() { delete(w.stopped, a.Addr) })
		w.hold(false, between(a))
	})
}

func (w *world) partition() {
	side := map[string]int{}
	var sides [2][]string
	for _, a := range w.live() {
		n := w.rnd.IntN(2)
		side[a.Addr] = n
		sides[n] = append(sides[n], a.life.Who)
	}
	if len(sides[0]) > 0 && len(sides[1]) > 0 {
		w.fault("partition", maxFault, sides[0], sides[1]...)
	}
	w.set(func() { w.side = side })
	w.breaks(w.severed)
	w.after(maxFault, func() { w.set(func() { clear(w.side) }) })
}

// killInMidBroadcast has some of the others miss the last words of one who dies.
func (w *world) killInMidBroadcast(a *actor) {
	for _, b := range w.live() {
		if b != a && w.rnd.IntN(2) == 0 {
			w.hold(true, between(a, b)) // until a dies
		}
	}
	for range 1 + w.rnd.IntN(3) {
		w.types(a)
	}
	if w.rnd.IntN(4) > 0 {
		synctest.Wait()
	}
	w.kill(a)
	if a == w.server {
		w.server = nil
		return
	}
	i := slices.Index(w.client, a)
	w.pass(w.upTo(3 * time.Second))
	via := w.client[(i+1)%len(w.client)].Addr
	w.client[i] = w.start(a.Name, a.Addr, nil, via)
}

func (w *world) kill(a *actor) {
	w.set(func() { delete(w.stopped, a.Addr) })
	a.kill()
}
