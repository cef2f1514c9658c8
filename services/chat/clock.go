package chat

import (
	"slices"
	"time"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/liveness"
)

// Wake, TickSoon and Unblock are what the state machine wants to be done. Like all of
// broadcast.Member they expect the lock.
func (m *member) Wake(st *broadcast.Stream)             { st.Link.(*link).pokeLocked() }
func (m *member) Close(st *broadcast.Stream, why error) { st.Link.(*link).closeLocked(why) }
func (m *member) TickSoon()                             { m.alarm.Reset(broadcast.TickAfter) }
func (m *member) Unblock()                              { m.flowing.Broadcast() }

// flowLocked keeps the reader of a link from reading on while too much of what
// came over it is held back. It releases the lock meanwhile.
func (m *member) flowLocked(l *link) {
	for m.state.Blocked(l.stream) && l.cause == nil {
		m.flowing.Wait()
	}
}

// watchOver is the one clock of a member: it runs the failure detector, advertises
// what has been shown, and repairs what is missing.
func (m *member) watchOver() {
	defer m.beat.Stop()
	for {
		select {
		case <-m.beat.C:
			m.watch()
			m.memory.trim(m.kept())
		case <-m.alarm.C:
			m.tick()
		case <-m.hard.Done():
			return
		}
	}
}

// tick requests and gives up what has been missing for too long.
func (m *member) tick() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Tick(time.Now())
	m.paintLocked()
}

// watch tells some links what was shown lately, and runs the failure detector. One
// write for each link has both.
func (m *member) watch() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Advertise()
	now := time.Now()
	m.doLocked(now, m.detect.Tick(now, func(k *liveness.Link) liveness.Traffic {
		l := k.User.(*link)
		return liveness.Traffic{Silence: l.silence(now), Idle: now.Sub(l.moved)}
	}))
}

// doLocked sends what the failure detector wants to be sent, and ends the links that
// are silent.
func (m *member) doLocked(now time.Time, actions []liveness.Action) {
	m.beat.Reset(m.detect.Wait(now))
	for _, a := range actions {
		if l := a.Link.User.(*link); a.Message != nil {
			m.state.Send(l.stream, a.Message)
		} else {
			l.endLocked(errSilent)
		}
	}
}

// joinLocked adds a link that is up.
func (m *member) joinLocked(l *link) {
	m.state.Join(l.stream)
	m.detect.Up(l.liveness)
	m.links = append(slices.Clip(m.links), l)
}

// partLocked removes a link.
func (m *member) partLocked(l *link) {
	m.links = slices.DeleteFunc(slices.Clone(m.links), func(other *link) bool { return other == l })
	m.state.Part(l.stream, time.Now())
	m.detect.Down(l.liveness)
}
