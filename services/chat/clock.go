package chat

import (
	"time"

	"peerlab/services/chat/internal/broadcast"
)

// Wake, TickSoon and Unblock are what the state machine wants to be done. Like all of
// broadcast.Member they expect the lock.
func (m *member) Wake(st *broadcast.Stream)             { st.Link.(*link).writer.WakeLocked() }
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
	var memory memory
	for {
		select {
		case <-m.beat.C:
			memory.trim(m.watch())
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
	m.out.WakeLocked()
}

// watch tells some links what was shown lately, and runs the failure detector. One
// write for each link has both. It returns how many bytes of lines are kept.
func (m *member) watch() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Advertise()
	now := time.Now()
	m.detect.Tick(now)
	m.beat.Reset(m.detect.Wait(now))
	s := m.state.Stats()
	return s.Typed + s.Kept
}
