package broadcast

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"peerlab/e2e/checker"
	"peerlab/services/chat/internal/wire"
)

// process is a member of the chat: a State, and what the chat does for it. It is
// the State's screen as well.
type process struct {
	*simulation
	state *State
	seat  int
	life  int // index in the history
	id    wire.ID
	phase wire.State // as in its HELLO
	peers [seats]acquaintance

	told, arrived bool
	woken         []*Stream
	admission     int           // index of a fault: it has not arrived
	arriveAt      time.Duration // 0: never
	tickAt        time.Duration // 0: never
	advertiseAt   time.Duration
}

// acquaintance is another member, as a process knows it.
type acquaintance struct {
	incarnation uint64 // by its HELLO; 0: never met
	rumour      uint64 // by the latest PEER line
	greeted     uint64 // the incarnation that the screen has told of
	announced   uint64 // the incarnation that others have been told of
	pursued     bool   // it is dialled while there is no connection
	left        bool   // it has sent BYE
	registered  bool   // it was in the registry when this server started
	end         *end
	dialAt      time.Duration
	failures    int
}

func (p *process) show(text string) {
	l := &p.history.Lives[p.life]
	l.Screen = append(l.Screen, checker.Shown{At: p.now, Text: text})
}

func (p *process) Line(from wire.Name, text []byte) { p.show(from.Display() + ": " + string(text)) }

func (p *process) Another(from wire.Name, text []byte) {
	p.show("* another " + from.Display() + ": " + string(text))
}

func (p *process) Gap(from wire.Name, n uint64, what Absence) {
	p.show(fmt.Sprintf("* %s: %d lines %s", from.Display(), n, what))
}

func (p *process) Left(from wire.Name) { p.show(from.Display() + ": terminated.") }

func (p *process) event(seat int, what string) { p.show(name(seat).Display() + ": " + what) }

// say types a line at the process.
func (p *process) say() {
	p.elapse()
	text := strconv.Itoa(len(p.history.Typed))
	p.history.Typed = append(p.history.Typed, checker.Typed{Life: p.life, At: p.now, Text: text})
	p.state.Say([]byte(text))
	for i := range p.peers {
		if e := p.peers[i].end; e != nil && e.stream != nil {
			e.write()
		}
	}
	p.elapse()
}

// settle writes and closes the links that the State has named.
func (p *process) settle() {
	for len(p.woken) > 0 {
		woken := p.woken
		p.woken = nil
		for _, st := range woken {
			switch e := st.Link.(*end); {
			case e.over:
			case st.isCut:
				e.close()
			default:
				e.write()
			}
		}
	}
}

func (p *process) Wake(st *Stream)           { p.woken = append(p.woken, st) }
func (p *process) Close(st *Stream, _ error) { p.woken = append(p.woken, st) }
func (p *process) Unblock()                  {}
func (p *process) TickSoon()                 { p.tickAt = p.now + TickAfter }

// due returns when the next timer is due.
func (p *process) due() time.Duration {
	next := p.advertiseAt
	if p.tickAt > 0 {
		next = min(next, p.tickAt)
	}
	if p.arriveAt > 0 && !p.arrived {
		next = min(next, p.arriveAt)
	}
	for i := range p.peers {
		if x := &p.peers[i]; x.pursued && !x.left && x.end == nil {
			next = min(next, x.dialAt)
		}
	}
	return next
}

// work runs the timers that are due.
func (p *process) work() {
	if p.tickAt > 0 && p.tickAt <= p.now {
		p.tickAt = 0
		p.state.Tick(p.time())
	}
	if p.advertiseAt <= p.now {
		p.advertiseAt = p.now + time.Second
		p.state.Advertise()
	}
	if p.arriveAt > 0 && p.arriveAt <= p.now {
		p.arrive()
	}
	p.settle()
	for i := range p.peers {
		if x := &p.peers[i]; x.pursued && !x.left && x.end == nil && x.dialAt <= p.now {
			p.dial(i)
		}
	}
}

// dial connects to a seat, or fails: nothing listens there, or the network is cut.
func (p *process) dial(seat int) {
	x, q := &p.peers[seat], p.seats[seat]
	switch {
	case p.severed[p.seat][seat] > p.now:
	case q == nil:
		p.state.Ended(wire.ID{Name: name(seat), Incarnation: x.incarnation})
		p.state.Ended(wire.ID{Name: name(seat), Incarnation: x.rumour})
	case q.peers[p.seat].end != nil: // it has yet to notice the end of the last one
		x.dialAt = p.now + 50*time.Millisecond
		return
	default:
		p.connect(q)
		return
	}
	x.failures++
	x.dialAt = p.now + min(50*time.Millisecond<<min(x.failures, 10), 2*time.Second)
	p.settled(false)
}

func (p *process) hello() *wire.Hello {
	last := p.state.Typed()
	return &wire.Hello{ID: p.id, Addr: "127.0.0.1:1", State: p.phase, Last: last}
}

// meet records a HELLO, shows that its sender is there, and sends READY.
func (p *process) meet(e *end) {
	h := e.theirs
	x := &p.peers[e.peer]
	successor := x.incarnation != 0 && x.incarnation != h.Incarnation
	x.incarnation, x.pursued, x.left = h.Incarnation, true, false
	if x.rumour != h.Incarnation {
		x.rumour = 0
	}
	if p.seat != 0 && x.greeted != h.Incarnation {
		x.greeted = h.Incarnation
		if e.peer != 0 {
			p.event(e.peer, "initiated.")
		} else if e.ours.State != wire.StateNew {
			p.event(e.peer, "initiated")
		}
	}
	var peers []wire.Peer
	for i := range p.peers {
		if y := &p.peers[i]; i != 0 && i != e.peer && y.incarnation != 0 && !y.left {
			peers = append(peers, wire.Peer{ID: wire.ID{Name: name(i), Incarnation: y.incarnation}, Addr: "127.0.0.1:1"})
		}
	}
	e.met = p.state.Meet(e, h, successor, slices.Values(peers))
	have := e.met.ready.Have
	if o := p.state.senders[h.ID]; o.seen && have > 0 && p.rnd.IntN(3) == 0 { // some lines come twice
		have = p.rnd.Uint64N(have)
	}
	e.send(parcel{ready: &wire.Ready{Have: have, Count: e.met.ready.Count}})
	for _, list := range e.met.Ready()[1:] {
		e.sendLines(list)
	}
}

// up makes a link of a connection: the other side's READY is here.
func (p *process) up(e *end, r wire.Ready) {
	e.stream, e.sent = e.met, min(r.Have, p.state.Typed())
	x := &p.peers[e.peer]
	switch {
	case p.seat == 0:
		p.greet(e)
	case p.phase == wire.StateNew:
		e.joined, p.arriveAt = true, p.now+time.Second
		p.phase = wire.StateIn
	}
	if e.peer == 0 {
		p.phase = wire.StateBack
	}
	x.failures = 0
	p.state.Join(e.stream, int(r.Count))
	if e.peer != 0 && x.announced != x.incarnation && x.rumour != x.incarnation {
		p.introduce(e)
	}
	x.announced = x.incarnation
	p.settled(false)
	e.write()
}

// greet shows on the server's screen that a client is there.
func (p *process) greet(e *end) {
	x := &p.peers[e.peer]
	if x.greeted == x.incarnation {
		return
	}
	x.greeted = x.incarnation
	if e.theirs.State == wire.StateBack || e.theirs.State == wire.StateIn && x.registered {
		p.event(e.peer, "reconnected")
	} else {
		p.event(e.peer, "initiated.")
	}
}

// introduce tells all others of a newcomer.
func (p *process) introduce(e *end) {
	m := wire.Peer{ID: e.theirs.ID, Addr: "127.0.0.1:1"}
	m.Have, _ = p.state.Shown(m.ID)
	for i := range p.peers {
		if o := p.peers[i].end; o != nil && o != e && o.stream != nil {
			p.state.Send(o.stream, m)
		}
	}
}

// heard acts on a PEER line.
func (p *process) heard(m wire.Peer) {
	seat := seatOf(m.Name)
	x := &p.peers[seat]
	if seat == p.seat || seat == 0 || m.Incarnation == x.incarnation || x.left && m.Incarnation < x.incarnation {
		return
	}
	x.rumour, x.failures, x.pursued, x.left, x.dialAt = m.Incarnation, 0, true, false, 0
	p.state.Expect(m.ID)
}

// settled shows that a newcomer has arrived, if it is linked to all that it was told
// of and that it can reach.
func (p *process) settled(told bool) {
	p.told = p.told || told
	if p.arrived || !p.told || p.phase == wire.StateNew {
		return
	}
	for i := range p.peers {
		x := &p.peers[i]
		if x.pursued && !x.left && x.failures == 0 && (x.end == nil || x.end.stream == nil) {
			return
		}
	}
	p.arrive()
}

func (p *process) arrive() {
	if !p.arrived {
		p.arrived = true
		p.history.Faults[p.admission].To = p.now
		p.event(p.seat, "initiated.")
	}
}

// goodbye processes BYE.
func (p *process) goodbye(e *end) {
	x := &p.peers[e.peer]
	x.left = e.peer != 0 && x.incarnation == e.theirs.Incarnation
	p.state.Leave(e.stream)
}

// restore lets a server know the clients of the one before it, as its registry does.
func (p *process) restore(previous *process) {
	if previous == nil {
		return
	}
	for i := range p.peers {
		if x := &previous.peers[i]; i > 0 && (x.incarnation != 0 || x.registered) && !x.left {
			p.peers[i].registered, p.peers[i].pursued = true, true
		}
	}
}
