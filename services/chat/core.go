package chat

import (
	"io"
	"slices"
	"sync"
	"time"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/liveness"
	"peerlab/services/chat/internal/wire"
)

// core is the lock of a member, and what decides about lines and links: the state
// machine of the lines, the failure detector, and the screen. The one lock guards all
// of the member. No goroutine waits for another side, the screen or the disk while it
// holds the lock. A reader takes it once for all lines of one read.
type core struct {
	screen
	alarm *time.Timer // tick is due
	beat  *time.Timer // watch is due

	mu      sync.Mutex
	state   *broadcast.State
	detect  *liveness.Detector
	links   []*link   // those that are up; the slice is replaced when one goes
	woken   []*link   // memory for wokenLocked
	flowing sync.Cond // readers that wait in flowLocked must look again
	waiting int       // those readers
	over    bool      // no reader waits any more
}

func newCore(id wire.ID, w io.Writer) *core {
	c := &core{alarm: time.NewTimer(time.Hour), beat: time.NewTimer(0)}
	c.alarm.Stop()
	c.screen.w, c.screen.mu, c.screen.idle.L = w, &c.mu, &c.mu
	c.flowing.L = &c.mu
	c.state = broadcast.New(id, &c.screen)
	c.detect = liveness.New(id.Name)
	return c
}

// lock takes the lock, and returns the state machine.
func (c *core) lock() *broadcast.State {
	c.mu.Lock()
	return c.state
}

// unlock does what the state machine wants to be done, and releases the lock.
func (c *core) unlock() {
	for _, l := range c.wokenLocked() {
		l.pokeLocked()
	}
	if c.state.Due() {
		c.alarm.Reset(broadcast.TickAfter)
	}
	if c.state.Progress() && c.waiting > 0 {
		c.flowing.Broadcast()
	}
	c.mu.Unlock()
}

// unlockAndPush is unlock, and has links written to by the caller itself, where that
// does not wait for the other side: no goroutine has to be woken for it.
func (c *core) unlockAndPush(links []*link) {
	begun := make([]*link, 0, pushLinks)
	for _, l := range links {
		if l.beginLocked() {
			begun = append(begun, l)
		}
	}
	c.unlock()
	for _, l := range begun {
		l.push()
	}
}

// wokenLocked returns the links that must be written to, until the lock is released.
func (c *core) wokenLocked() []*link {
	c.woken = c.woken[:0]
	for _, st := range c.state.Woken() {
		l := st.Link.(*link)
		if err := st.Err(); err != nil {
			l.closeLocked(err)
		} else {
			c.woken = append(c.woken, l)
		}
	}
	return c.woken
}

// flowLocked keeps the reader of a link from reading on while too much of what
// came over it is held back. It releases the lock meanwhile.
func (c *core) flowLocked(l *link) {
	for c.state.Blocked(l.stream) && l.cause == nil && !c.over {
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
	c.lock()
	defer c.unlock()
	c.state.Tick(time.Now())
}

// watch tells some links what was shown lately, and runs the failure detector. One
// write for each link has both.
func (c *core) watch() {
	c.lock()
	c.state.Advertise()
	now := time.Now()
	c.doLocked(now, c.detect.Tick(now, func(k *liveness.Link) liveness.Traffic {
		l := k.User.(*link)
		return liveness.Traffic{Silence: l.pulse.silence(now), Idle: now.Sub(l.moved)}
	}))
	c.unlockAndPush(c.wokenLocked())
}

// doLocked sends what the failure detector wants to be sent, and ends the links that
// are silent.
func (c *core) doLocked(now time.Time, actions []liveness.Action) {
	c.beat.Reset(c.detect.Wait(now))
	for _, a := range actions {
		if l := a.Link.User.(*link); a.Message != nil {
			c.state.Send(l.stream, a.Message)
		} else {
			l.endLocked(errSilent)
		}
	}
}

// joinLocked adds a link that is up.
func (c *core) joinLocked(l *link) {
	c.state.Join(l.stream)
	c.detect.Up(l.liveness)
	c.links = append(slices.Clip(c.links), l)
}

// partLocked removes a link.
func (c *core) partLocked(l *link) {
	c.links = slices.DeleteFunc(slices.Clone(c.links), func(other *link) bool { return other == l })
	c.state.Part(l.stream, time.Now())
	c.detect.Down(l.liveness)
}
