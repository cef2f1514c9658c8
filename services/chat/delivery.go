package chat

import (
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"peerlab/services/chat/internal/wire"
)

const (
	maxHistory = 16 << 20 // bytes of the lines typed here that are kept for those who are behind
	maxLogs    = 16 << 20 // bytes of the lines of all others that are kept for those who lack some

	// Bytes of lines that are held back, of one process and of all: over the first
	// a link is not read on for the moment, over the second it is cut.
	someHeldOf, maxHeldOf = 1 << 20, 16 << 20
	someHeld, maxHeld     = 4 << 20, 32 << 20
)

// delivery is what has come to the screen and what has yet to: the lines of
// every process, by origin. One lock guards it all, down to the screen's buffer;
// a reader takes it once for all that came with one read, and nobody waits for
// anything with it held. It is taken after member.mu, and before link.mu.
//
//	origin.go   whose lines there are      history.go  the lines that are kept
//	arrive.go   lines that come            hold.go     lines that must wait
//	have.go     what others have           lack.go     getting what is missing
type delivery struct {
	self *origin // the lines typed here
	screen

	mu       sync.Mutex
	links    []*link // those that are up; one is added at the end, or else it is replaced
	origins  map[wire.ID]*origin
	floor    uint64    // no process that was forgotten was younger than this
	moved    []*origin // whose lines have been shown since the last one typed here
	round    uint64    // counts how often the others have been told of what has moved
	next     int       // whose turn it is to be told
	typing   []byte    // spare
	lists    uint64    // counts those that went out with READY
	spare    *list     // to be used again, and so is
	mentions []mention // memory for what is new in those that come in
	kept     int       // bytes of the lines of all others, held ones included
	stock    stock     // memory for more of them
	held     int       // bytes that are held back

	holding []*origin // of which lines are held back
	flowing sync.Cond // something has been shown, or readers that wait are to look again
	waiting int       // readers that do
	over    bool      // nobody is to wait any more
	lacking []*origin // of which others have more
	alarm   *time.Timer
	armed   bool // alarm is set

	limits limits
	counts struct{ lost, missing, forgotten, overheld atomic.Int64 }
}

// limits are bounds in bytes; tests have smaller ones.
type limits struct{ history, logs, someHeldOf, someHeld, heldOf, held int }

func newDelivery(name wire.Name, incarnation uint64, w io.Writer) *delivery {
	d := &delivery{origins: make(map[wire.ID]*origin), alarm: time.NewTimer(time.Hour)}
	d.alarm.Stop()
	d.screen = screen{w: w, mu: &d.mu}
	d.flowing.L = &d.mu
	d.self = newOrigin(wire.ID{Name: name, Incarnation: incarnation})
	d.self.log.stock = &d.stock
	d.origins[d.self.ID] = d.self
	d.limits = limits{maxHistory, maxLogs, someHeldOf, someHeld, maxHeldOf, maxHeld}
	return d
}

// say takes in a line typed here: text has passed CheckText. It is called with
// d.mu held, and the links are to be poked afterwards.
func (d *delivery) say(text []byte) {
	o, line := d.self, d.typing[:0]
	for _, other := range d.moved {
		other.moved = false
		line = wire.After{ID: other.ID, Seq: other.have}.Append(line)
	}
	d.moved = d.moved[:0]
	after := len(line)
	line = append(line, o.opening...)
	line = strconv.AppendUint(line, o.end+1, 10)
	line = append(append(line, ' '), text...)
	o.end++
	o.have = o.end
	o.log.add(o.end, line[:after], line[after:])
	for o.log.size > d.limits.history && len(o.log.segments) > 1 {
		o.log.shrink(o.end)
	}
	d.typing = line
}

// show puts a line on the screen. It is called with d.mu held.
func (d *delivery) show(o *origin, seq uint64, text []byte) {
	if seq > o.have+1 {
		n := seq - o.have - 1
		d.notice(o, n, "lost")
		d.counts.lost.Add(int64(n))
	}
	d.typedLine(o.who, text)
	o.reach(d, seq)
}

// notice shows that lines of an origin are lost or missing. It is called with
// d.mu held.
func (d *delivery) notice(o *origin, n uint64, what string) {
	d.line(ownMark+o.who, []byte(counted(int64(n), "line")+" "+what))
}

// keep keeps a line of another process for those who lack it. It is called with
// d.mu held.
func (d *delivery) keep(o *origin, seq uint64, after, line []byte) int {
	n := o.log.add(seq, after, line)
	o.end = seq
	d.kept += n
	if d.kept > d.limits.logs {
		d.forgetLines()
	}
	return n
}

// forgetLines has the longest log lose its oldest lines, so that a flood of one
// does not cost another its last words. It is called with d.mu held.
func (d *delivery) forgetLines() {
	longest := d.self
	for _, o := range d.origins {
		if o != d.self && (longest == d.self || o.log.size > longest.log.size) {
			longest = o
		}
	}
	if longest != d.self {
		d.kept -= longest.log.shrink(longest.have)
	}
}

// typed returns the number of the last line typed here, and how many bytes ever were.
func (d *delivery) typed() (seq, bytes uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.self.end, d.self.log.total
}

// forLink adds to bufs what a link is to be sent next: something that it has
// asked for, which others wait for, and then of the lines typed here, those after
// line sent.
func (d *delivery) forLink(l *link, sent uint64, bufs net.Buffers) (net.Buffers, uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	bufs = d.answer(l, bufs)
	bufs, sent, _ = d.self.log.after(sent, d.self.end, linkBatch, bufs)
	return bufs, sent
}

// behind returns how many bytes have been typed here after line seq.
func (d *delivery) behind(seq uint64) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.self.log.backlog(seq)
}

// all returns the links that are up.
func (d *delivery) all() []*link {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.links
}
