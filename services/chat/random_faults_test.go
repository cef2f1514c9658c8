package chat

import (
	"slices"
	"testing/synctest"
	"time"

	"peerlab/services/internal/memnet"
)

// step has something happen, most often that somebody types.
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
		w.breaks(between(a, b))
	case n < 31:
		w.killInMidBroadcast(a)
	case n < 33:
		w.stop(a)
	case n < 35:
		w.partition()
	case n < 37:
		w.set(func() { w.cut = [2]string{a.Advertise, b.Advertise} })
		w.breaks(between(a, b))
		w.after(maxFault, func() { w.set(func() { w.cut = [2]string{} }) })
	case w.server == nil:
		w.startServer()
	case n == 37:
		w.server.keys <- "Exit"
		<-w.server.done
		w.server = nil
	default:
		w.breaks(func(_, _ string) bool { return true })
	}
}

func (w *world) upTo(d time.Duration) time.Duration { return time.Duration(w.rnd.Int64N(int64(d))) }

// set changes who can reach whom.
func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// slow has what is on its way between two arrive later.
func (w *world) slow(a, b *actor) {
	w.net.Each(func(c *memnet.Conn, from, to string) {
		if between(a, b)(from, to) {
			c.Hold(true)
			w.after(1500*time.Millisecond, func() { c.Hold(false) })
		}
	})
}

// stop has nothing come from somebody or to them, as if the whole host stood still.
func (w *world) stop(a *actor) {
	w.set(func() { w.stopped[a.Advertise] = true })
	w.hold(true, between(a))
	w.after(maxFault, func() {
		w.set(func() { delete(w.stopped, a.Advertise) })
		w.hold(false, between(a))
	})
}

func (w *world) partition() {
	side := map[string]int{}
	for _, a := range w.live() {
		side[a.Advertise] = w.rnd.IntN(2)
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
	via := w.client[(i+1)%len(w.client)].Advertise
	w.client[i] = w.start(a.Name, a.Advertise, nil, via)
}

func (w *world) kill(a *actor) {
	w.set(func() { delete(w.stopped, a.Advertise) })
	a.kill()
}
