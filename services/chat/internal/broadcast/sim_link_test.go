package broadcast

import (
	"bytes"
	"time"

	"peerlab/services/chat/internal/wire"
)

// end is one side of a connection: the lines that travel to it, and, after the
// handshake, a Stream.
type end struct {
	owner *process
	other *end
	peer  int // seat of the other side
	dials bool

	ours, theirs wire.Hello
	met          *Stream // what is to be stream
	stream       *Stream
	joined       bool // the newcomer was admitted by this connection
	heard        []wire.Peer

	sent  uint64 // the last line of the owner that was sent
	poked bool   // there may be something to send

	in    []parcel
	held  time.Duration // nothing arrives before that time
	ended bool          // nothing follows in
	over  bool          // the owner has closed it
}

// parcel is a line on its way.
type parcel struct {
	hello *wire.Hello
	ready *wire.Ready
	line  []byte
}

// room is how many lines are on their way to one side before its sender waits.
const room = 12

// connect begins a handshake with q.
func (p *process) connect(q *process) {
	e, o := &end{owner: p, peer: q.seat, dials: true}, &end{owner: q, peer: p.seat}
	e.other, o.other = o, e
	p.peers[q.seat].end, q.peers[p.seat].end = e, o
	p.ends = append(p.ends, e, o)
	e.ours = *p.hello()
	e.send(parcel{hello: &e.ours})
}

func (e *end) send(x parcel) {
	if !e.other.ended && !e.other.over {
		e.other.in = append(e.other.in, x)
	}
}

func (e *end) sendLines(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		e.send(parcel{line: b[:i:i]})
		b = b[i+1:]
	}
}

// write sends what the State has for the link, as far as there is room.
func (e *end) write() {
	e.poked = true
	for !e.over && e.poked && len(e.other.in) < room {
		e.poked = e.next()
	}
}

// next sends one batch and reports whether there was one.
func (e *end) next() bool {
	s := e.owner.simulation
	s.bufs, e.sent = e.owner.state.Next(e.stream, e.sent, s.bufs[:0])
	for _, b := range s.bufs {
		e.sendLines(b)
	}
	return len(s.bufs) > 0
}

// leave sends all that there is, and BYE.
func (e *end) leave() {
	if e.stream == nil {
		return
	}
	for e.next() {
	}
	e.send(parcel{line: []byte("BYE")})
}

// lose drops what is on its way here, except a beginning of random length.
func (e *end) lose() {
	if n := len(e.in); n > 0 {
		e.in = e.in[:e.owner.rnd.IntN(n+1)]
	}
}

// sever breaks the connection.
func (e *end) sever() {
	e.lose()
	e.other.lose()
	e.ended, e.other.ended = true, true
}

// close closes the connection at this side.
func (e *end) close() {
	p := e.owner
	e.over, e.other.ended = true, true
	x := &p.peers[e.peer]
	x.end, x.dialAt = nil, p.now+50*time.Millisecond+p.upTo(200*time.Millisecond)
	if e.stream != nil {
		p.state.Part(e.stream, p.time())
	}
}

// readable reports whether there is something to read here.
func (e *end) readable() bool {
	if e.over || e.held > e.owner.now || len(e.in) == 0 && !e.ended {
		return false
	}
	if e.stream != nil && len(e.in) > 0 && e.owner.state.Blocked(e.stream) {
		e.owner.settle()
		return false
	}
	return true
}

func (e *end) pop() parcel {
	x := e.in[0]
	e.in = e.in[1:]
	return x
}

// read reads at most n lines.
func (e *end) read(n int) {
	p := e.owner
	p.elapse()
	switch {
	case len(e.in) == 0:
		e.close()
	case e.stream == nil:
		e.greet(e.pop())
	default:
		e.receive(n)
	}
	p.settle()
	if e.other.poked {
		e.other.write()
	}
}

// greet performs a step of the handshake.
func (e *end) greet(x parcel) {
	p := e.owner
	switch {
	case x.hello != nil:
		e.theirs = *x.hello
		if e.dials {
			p.meet(e)
		} else {
			e.ours = *p.hello()
			e.send(parcel{hello: &e.ours})
		}
	case x.ready != nil:
		if !e.dials {
			p.meet(e)
		}
		p.up(e, *x.ready)
	}
}

func (e *end) receive(n int) {
	p, bye := e.owner, false
	p.state.Begin(p.time())
	for ; n > 0 && len(e.in) > 0 && !bye; n-- {
		p.elapse()
		x := e.pop()
		m, err := p.mutant.receive(e, x.line)
		if err != nil && p.refusal == "" {
			p.refusal = p.id.Name.Display() + " refuses " + string(x.line) + ": " + err.Error()
		}
		switch m := m.(type) {
		case *wire.Peer:
			e.heard = append(e.heard, *m)
		case *wire.Bye:
			bye = true
		}
	}
	p.state.Release()
	e.hear()
	if bye {
		p.goodbye(e)
		e.close()
	}
}

// hear acts on PEER lines, those of the digest once it is complete.
func (e *end) hear() {
	if e.stream.Pending() > 0 {
		return
	}
	for _, m := range e.heard {
		e.owner.heard(m)
	}
	e.heard = nil
	if e.joined {
		e.joined = false
		e.owner.settled(true)
	}
}
