package liveness

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/services/chat/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mesh is a full mesh of detectors in fake time. A member that is stopped neither
// ticks nor answers; a link that is cut loses what is sent over it.
type mesh struct {
	t       *testing.T
	now     time.Time
	members []*node
	cut     func(from, to *node) bool
	sent    int // messages
}

type node struct {
	id      wire.ID
	d       *Detector
	links   map[*node]*side
	ahead   time.Duration // of its clock
	tick    time.Time     // the next one
	stopped bool
}

// side is one end of a link.
type side struct {
	*Link
	from, to     *node
	heard, wrote time.Time
	gone         time.Time // when it was closed
	mesh         *mesh
}

func newMesh(t *testing.T, seed uint64, n int) *mesh {
	m := &mesh{t: t, now: time.Unix(1000, 0), cut: func(_, _ *node) bool { return false }}
	rnd := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		a := &node{id: wire.ID{Name: wire.Name(fmt.Sprint(i + 1)), Incarnation: 1}, links: make(map[*node]*side)}
		a.d = New(a.id.Name)
		if seed%2 == 0 { // or else the clocks agree
			a.ahead = time.Duration(rnd.Int64N(int64(TickEvery)))
		}
		m.waits(a)
		for _, b := range m.members {
			m.link(a, b)
			m.link(b, a)
			for _, s := range []*side{a.links[b], b.links[a]} {
				s.to.links[s.from].watching = s.watched // READY and UNWATCH
			}
		}
		m.members = append(m.members, a)
	}
	return m
}

func (m *mesh) link(a, b *node) {
	s := &side{from: a, to: b, heard: m.now, wrote: m.now, mesh: m}
	s.Link = NewLink(s, b.id, a.d.Watches(b.id.Name))
	a.links[b] = s
	a.d.Up(s.Link)
}

func (s *side) Traffic(now time.Time) (silence, idle time.Duration) {
	return now.Sub(s.heard), now.Sub(s.wrote)
}
func (s *side) Send(msg wire.Message) { s.mesh.send(s.from, s, msg) }
func (s *side) GiveUp()               { s.gone = s.mesh.now }

// runs lets time pass.
func (m *mesh) runs(d time.Duration) {
	for end := m.now.Add(d); m.now.Before(end); m.now = m.now.Add(10 * time.Millisecond) {
		for _, a := range m.members {
			if !a.stopped && !m.now.Before(a.tick) {
				m.tick(a)
			}
		}
	}
}

func (m *mesh) tick(a *node) {
	a.d.Tick(m.now)
	m.waits(a)
	for _, s := range a.links {
		if s.gone.Equal(m.now) {
			a.d.Down(s.Link)
		}
	}
}

func (m *mesh) waits(a *node) { a.tick = m.now.Add(a.d.Wait(m.now.Add(a.ahead))) }

func (m *mesh) send(a *node, s *side, msg wire.Message) {
	m.sent++
	s.wrote = m.now
	b := s.to
	back := b.links[a]
	if b.stopped || m.cut(a, b) || !back.gone.IsZero() {
		return
	}
	back.heard = m.now
	switch msg := msg.(type) {
	case wire.Ping:
		m.send(b, back, wire.Pong(msg))
	case wire.Watch:
		b.d.Watch(back.Link, true)
	case wire.Unwatch:
		b.d.Watch(back.Link, false)
	case wire.Suspect:
		b.d.Suspect(msg.ID, m.now)
		m.waits(b)
	}
}

// noticed requires that each of some members closes its links to each of others
// within a time of since, and no other link.
func (m *mesh) noticed(since time.Time, within time.Duration, by, gone []*node) {
	m.t.Helper()
	isBy, isGone := make(map[*node]bool), make(map[*node]bool)
	for _, a := range by {
		isBy[a] = true
	}
	for _, b := range gone {
		isGone[b] = true
	}
	for _, a := range m.members {
		for b, s := range a.links {
			switch {
			case isBy[a] && isGone[b]:
				require.False(m.t, s.gone.IsZero(), "%s has not noticed %s", a.id.Name, b.id.Name)
				require.LessOrEqual(m.t, s.gone.Sub(since), within, "%s has noticed %s late", a.id.Name, b.id.Name)
			case isBy[b] && isGone[a]: // it may judge as well
			default:
				require.True(m.t, s.gone.IsZero(), "%s has closed its link to %s", a.id.Name, b.id.Name)
			}
		}
	}
}

var sizes = []int{2, 3, 6, 7, 12, 40, 101}

// An idle mesh costs some keepalives for each member, whatever its size.
func TestAnIdleMesh(t *testing.T) {
	for _, n := range sizes {
		m := newMesh(t, 1, n)
		m.runs(time.Minute) // UNWATCH, and a slow round after it
		m.sent = 0
		m.runs(time.Minute)
		perMember := float64(m.sent) / 60 / float64(n)
		t.Logf("%d members: %.1f messages a second for each", n, perMember)
		assert.LessOrEqual(t, perMember, Watched*4./3+0.5, "%d members", n)
		m.noticed(m.now, 0, nil, nil)
	}
}

// A process that stops, or whose host vanishes, is noticed by all within three
// seconds.
func TestAStoppedProcess(t *testing.T) {
	for _, n := range sizes {
		for seed := range uint64(10) {
			m := newMesh(t, seed, n)
			m.runs(5*time.Second + time.Duration(seed)*70*time.Millisecond)
			x := m.members[int(seed)%n]
			if seed%2 == 1 { // those that do not watch it have just received a line when SUSPECT comes
				for _, s := range x.links {
					if !s.watching {
						m.send(x, s, wire.Have{})
					}
				}
			}
			x.stopped = true
			began := m.now
			m.runs(4 * time.Second)
			var others []*node
			for _, a := range m.members {
				if a != x {
					others = append(others, a)
				}
			}
			m.noticed(began, 3*time.Second, others, []*node{x})
		}
	}
}

// Both sides of a partition notice it, each member all others, and a member that is
// cut off notices that all are gone.
func TestAPartition(t *testing.T) {
	for _, n := range sizes {
		for seed, at := range []int{1, n / 2, n - 1} {
			if at == 0 {
				continue
			}
			m := newMesh(t, uint64(seed), n)
			m.runs(5 * time.Second)
			side := make(map[*node]bool)
			for _, a := range m.members[:at] {
				side[a] = true
			}
			m.cut = func(from, to *node) bool { return side[from] != side[to] }
			began := m.now
			m.runs(7 * time.Second)
			m.noticed(began, 6*time.Second, m.members[:at], m.members[at:])
		}
	}
}

// A link that breaks, and that is watched at neither end, is found by the slow round
// once something was written to it.
func TestASilentLink(t *testing.T) {
	m := newMesh(t, 1, 40)
	m.runs(time.Minute)
	a, b := m.members[3], m.members[25]
	require.False(t, a.links[b].watched || b.links[a].watched)
	m.cut = func(from, to *node) bool { return from == a && to == b || from == b && to == a }
	m.runs(time.Minute)
	m.noticed(m.now, 0, nil, nil) // this is for the kernel
	began := m.now
	m.send(a, a.links[b], wire.Have{})
	m.runs(time.Minute)
	m.noticed(began, roundEvery*TickEvery+2*time.Second, []*node{a}, []*node{b})
}

// A process that was stopped for a minute judges no other by what it has not read.
func TestAProcessThatWasStopped(t *testing.T) {
	m := newMesh(t, 1, 6)
	m.runs(5 * time.Second)
	x := m.members[2]
	for range 3 {
		x.stopped = true
		m.runs(time.Second) // too short for the others to notice
		x.stopped = false
		for _, s := range x.links { // what has come lies ready, but is not read yet
			s.heard = m.now.Add(-time.Minute)
		}
		m.tick(x)
		m.runs(5 * time.Second)
	}
	m.noticed(m.now, 0, nil, nil)
}

// A member that sends SUSPECT all the time causes a ping a second, and no verdict.
func TestALyingWatcher(t *testing.T) {
	m := newMesh(t, 1, 40)
	m.runs(5 * time.Second)
	liar, victim := m.members[0], m.members[20]
	m.sent = 0
	for range 1000 {
		for _, s := range liar.links {
			m.send(liar, s, wire.Suspect{ID: victim.id})
		}
		m.runs(10 * time.Millisecond)
	}
	m.sent -= 1000 * 39
	assert.LessOrEqual(t, float64(m.sent), 10*(40*6.5+2*40.), "in ten seconds") // keepalives at ticks of 250 ms as well
	m.noticed(m.now, 0, nil, nil)
}

// recorder is a link over which nothing comes.
type recorder struct{ all []wire.Message }

func (r *recorder) Traffic(time.Time) (silence, idle time.Duration) { return 0, 0 }
func (r *recorder) Send(m wire.Message)                             { r.all = append(r.all, m) }
func (r *recorder) GiveUp()                                         {}

// No SUSPECT puts off a tick, however often and exactly it is sent.
func TestSuspectPutsOffNoTick(t *testing.T) {
	d, id := New("1"), wire.ID{Name: "2", Incarnation: 1}
	d.Up(NewLink(&recorder{}, id, true))
	now := time.Unix(1000, 0)
	due := now.Add(d.Wait(now))
	for end := due; now.Before(end); now = now.Add(100 * time.Microsecond) {
		d.Suspect(id, now)
		next := now.Add(d.Wait(now))
		require.False(t, next.After(due), "%v later", next.Sub(due))
		due = next
	}
}

// Watches says before a link is up what the ring says once it is.
func TestWatches(t *testing.T) {
	for _, n := range sizes {
		rnd := rand.New(rand.NewPCG(uint64(n), 0))
		d := New("5")
		for _, i := range rnd.Perm(n) {
			name := wire.Name(fmt.Sprint(i + 1))
			if name == d.self {
				continue
			}
			sent := &recorder{}
			d.Up(NewLink(sent, wire.ID{Name: name}, d.Watches(name)))
			d.watch()
			require.Empty(t, sent.all, "%s of %d", name, n)
		}
	}
}

// The ring changes with the links: each member is watched by Watched others.
func TestTheRing(t *testing.T) {
	m := newMesh(t, 1, 12)
	m.runs(5 * time.Second)
	for _, x := range m.members[:4] {
		x.stopped = true
		m.runs(5 * time.Second)
		for _, b := range m.members {
			watchers := 0
			for _, a := range m.members {
				if s := a.links[b]; s != nil && !a.stopped && !b.stopped && s.watched {
					watchers++
					require.True(t, b.links[a].watching)
				}
			}
			if !b.stopped {
				require.Equal(t, Watched, watchers, b.id.Name)
			}
		}
	}
}
