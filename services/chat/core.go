package chat

import (
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/liveness"
	"peerlab/services/chat/internal/wire"
)

// core is the lines of a member: the state machine that decides what is shown, the
// screen, and the lock around both. A reader takes the lock once for all lines of
// one read. No goroutine waits for another side while it holds the lock.
//
// The lock is taken after member.mu. What the state machine wants to be written is
// written after the lock has been released, so link.mu is never taken under it.
type core struct {
	screen
	alarm *time.Timer // tick is due
	beat  *time.Timer // watch is due

	mu      sync.Mutex
	state   *broadcast.State
	detect  *liveness.Detector
	links   []*link   // those that are up; the slice is replaced when one goes
	flowing sync.Cond // readers that wait in flow must look again
	waiting int       // those readers
	over    bool      // no reader waits any more
}

func newCore(id wire.ID, w io.Writer) *core {
	c := &core{alarm: time.NewTimer(time.Hour), beat: time.NewTimer(0)}
	c.alarm.Stop()
	c.screen = screen{w: w, mu: &c.mu}
	c.flowing.L = &c.mu
	c.state = broadcast.New(id, &c.screen)
	c.detect = liveness.New(id.Name)
	return c
}

// lock takes the lock of the state machine.
func (c *core) lock() *broadcast.State {
	c.mu.Lock()
	return c.state
}

// unlock releases the lock, and does what the state machine wants to be done.
func (c *core) unlock() { c.unlockAnd((*link).poke) }

// unlockAnd is unlock, with a way to write to links: poke, or push, which takes
// the caller's time in place of a goroutine.
func (c *core) unlockAnd(write func(*link)) {
	woken, due := c.state.Woken(), c.state.Due()
	if c.state.Progress() && c.waiting > 0 {
		c.flowing.Broadcast()
	}
	c.mu.Unlock()
	for _, st := range woken {
		l := st.Link.(*link)
		if err := st.Err(); err != nil {
			l.close(err)
		} else {
			write(l)
		}
	}
	if due {
		c.alarm.Reset(broadcast.TickAfter)
	}
}

// flowLocked keeps the reader of a link from reading on while too much of what
// came over it is held back. It releases the lock meanwhile.
func (c *core) flowLocked(l *link) {
	for c.state.Blocked(l.stream) && !l.closed.Load() && !c.over {
		if c.state.Due() {
			c.alarm.Reset(broadcast.TickAfter)
		}
		c.waiting++
		c.flowing.Wait()
		c.waiting--
	}
}

// close lets no reader wait any more.
func (c *core) close() {
	c.lock()
	defer c.unlock()
	c.over = true
	c.flowing.Broadcast()
}

// tick requests and gives up what has been missing for too long.
func (c *core) tick() {
	s := c.lock()
	defer c.unlock()
	s.Tick(time.Now())
}

// watch tells some links what was shown lately, and runs the failure detector. One
// write for each link has both.
func (c *core) watch() {
	c.lock()
	c.state.Advertise()
	now := time.Now()
	silent := c.doLocked(now, c.detect.Tick(now, func(k *liveness.Link) liveness.Traffic {
		l := k.User.(*link)
		return liveness.Traffic{Silence: l.pulse.silence(now), Idle: now.Sub(time.Unix(0, l.moved.Load()))}
	}))
	c.unlockAnd((*link).push)
	for _, l := range silent {
		l.fallSilent()
	}
}

// watched processes WATCH and UNWATCH of a link.
func (c *core) watched(l *link, on bool) {
	c.lock()
	defer c.unlock()
	c.detect.Watch(l.liveness, on)
}

// suspect pings a process of which another member receives no keepalives.
func (c *core) suspect(id wire.ID) {
	now := time.Now()
	c.lock()
	defer c.unlock()
	c.doLocked(now, c.detect.Suspect(id, now))
}

// doLocked sends what the failure detector wants to be sent, and returns the links
// that are silent.
func (c *core) doLocked(now time.Time, actions []liveness.Action) (silent []*link) {
	c.beat.Reset(c.detect.Wait(now))
	for _, a := range actions {
		if l := a.Link.User.(*link); a.Message != nil {
			c.state.Send(l.stream, a.Message)
		} else {
			silent = append(silent, l)
		}
	}
	return silent
}

// join adds a link that is up.
func (c *core) join(l *link) {
	s := c.lock()
	defer c.unlock()
	s.Join(l.stream)
	c.detect.Up(l.liveness)
	c.links = append(slices.Clip(c.links), l)
}

// part removes a link.
func (c *core) part(l *link) {
	s := c.lock()
	defer c.unlock()
	c.links = slices.DeleteFunc(slices.Clone(c.links), func(other *link) bool { return other == l })
	s.Part(l.stream, time.Now())
	c.detect.Down(l.liveness)
}

// all returns the links that are up. The caller must not change the slice.
func (c *core) all() []*link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.links
}

// typed returns the sequence number of the latest line typed here, and the bytes of
// all that were.
func (c *core) typed() (seq, bytes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.Typed()
}

// behind returns how many bytes were typed here after line seq, and how many are kept.
func (c *core) behind(seq uint64) (bytes, limit uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.Behind(seq), uint64(c.state.Limits.Typed)
}

// send queues a control line for a link.
func (c *core) send(l *link, m wire.Message) {
	s := c.lock()
	defer c.unlock()
	s.Send(l.stream, m)
}

// next adds to bufs what the writer of a link must write next.
func (c *core) next(l *link, sent uint64, bufs net.Buffers) (_ net.Buffers, through uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.Next(l.stream, sent, bufs)
}
