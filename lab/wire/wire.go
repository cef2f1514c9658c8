package wire

import (
	"container/heap"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"peerlab/lab/event"
	"peerlab/lab/network"
)

// Other is the name of what is no program of the lab, such as a test that dials one.
const Other = "other"

// maxPrograms bounds the names of programs; a mark has a byte for each end.
const maxPrograms = 255

// maxUnchecked is how many connections are opened before it is looked which were closed.
const maxUnchecked = 100

// Connection is a TCP connection between two programs.
type Connection struct {
	From, To      string         // the program that opened it, and the one that listened
	Local, Remote netip.AddrPort // the addresses of both
}

// Wire is what is between the programs of one network namespace. Its methods may be
// called by any goroutine.
type Wire struct {
	network  *network.Network
	only     []uint16 // the ports of a network that is shared; nil: it is not
	rules    ruleset
	sockets  sockets
	queues   [queues]*queue
	tap      *tap     // nil: there is no record
	capture  *capture // of watch; nil: there is none
	record   record
	programs Programs
	readers  sync.WaitGroup

	mu          sync.Mutex
	names       []string          // their indices are the ends of links
	listeners   map[uint32]string // programs that listen, by the inodes of their sockets
	faults      map[ends]Fault
	lanes       map[link]*lane
	held        map[link][]packet
	connections []opened
	checked     int      // of them, that were open when it was looked
	due         schedule // packets that pass later
	timer       *time.Timer
	err         error // the first failure of the kernel's queues
	closed      bool
}

// ends are the names of the ends of a link; an empty one stands for all.
type ends struct{ from, to string }

type opened struct {
	link
	local, remote netip.AddrPort
}

// Open begins to watch which program opens a connection to which in a network, which
// must stay open until Close. programs tells them apart, and may be called at any time.
// The record gets all that crosses the network, and packets the same as a pcapng file;
// with events nil there is no record, and with packets nil no file. The error says what
// is missing.
func Open(n *network.Network, programs Programs, events *event.Recorder, packets io.Writer) (*Wire, error) {
	return openWire(n, nil, programs, events, packets)
}

// OpenShared is Open for the network of the machine, which is shared with other programs:
// only TCP over the loopback interface by IPv4, from or to one of these ports, is watched and
// can have a fault. Connections may be older than the wire. There is one such wire at a time;
// the kernel removes its rules when this process ends, however it does.
func OpenShared(only []uint16, programs Programs, events *event.Recorder) (*Wire, error) {
	return openWire(network.Host(), only, programs, events, nil)
}

func openWire(n *network.Network, only []uint16, programs Programs, events *event.Recorder, packets io.Writer) (*Wire, error) {
	w := &Wire{
		only:    only,
		network: n, programs: programs, capture: newCapture(packets), record: record{events: events, conns: make(map[ports]*conn)}, names: []string{Other},
		listeners: make(map[uint32]string), faults: make(map[ends]Fault), lanes: make(map[link]*lane), held: make(map[link][]packet),
	}
	var failed error
	if err := n.Do(func() { failed = w.open() }); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, errors.Join(failed, w.closeAll())
	}
	w.timer = time.AfterFunc(time.Hour, w.passDue)
	w.timer.Stop()
	for _, q := range w.queues {
		w.readers.Go(func() { w.read(q) })
	}
	if w.tap != nil {
		w.readers.Go(w.watch)
	}
	return w, nil
}

// open is Open on a thread of the network.
func (w *Wire) open() (err error) {
	if w.sockets, err = openSockets(); err != nil {
		return fmt.Errorf("the list of sockets: %w", err)
	}
	for i := range w.queues {
		if w.queues[i], err = openQueue(uint16(i)); err != nil {
			return fmt.Errorf("the kernel's queue of packets: %w: faults of the network need root, or NET_ADMIN, a kernel with NFQUEUE, and that no other program, such as a second page, has its queue", err)
		}
	}
	if w.record.events != nil {
		if w.tap, err = openTap(w.only, false, w.capture != nil); err != nil {
			return fmt.Errorf("%w: the record of the network needs root, or NET_RAW", err)
		}
	}
	if w.only == nil {
		err = w.rules.make()
	} else {
		err = w.rules.makeShared(w.only)
	}
	if err != nil {
		return fmt.Errorf("the kernel's rules for packets: %w: they need nf_tables, conntrack and NFQUEUE (modprobe nft_compat xt_NFQUEUE)", err)
	}
	return nil
}

// Set sets the fault of the packets from one program to another, or with the zero Fault
// that there is none. An empty name stands for all programs; what is set for a name counts
// more. Packets that are held pass first if the new fault does not hold. Connections that
// were opened before are included.
func (w *Wire) Set(from, to string, f Fault) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range []string{from, to} {
		if name != "" {
			if _, err := w.numberLocked(name); err != nil {
				return err
			}
		}
	}
	w.faults[ends{from, to}] = f
	w.record.fault(ends{from, to}, f)
	return w.applyLocked()
}

// Heal ends all faults. Packets that are held, or late, pass.
func (w *Wire) Heal() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for e := range w.faults {
		w.record.fault(e, Fault{})
	}
	clear(w.faults)
	err := w.applyLocked()
	for w.due.Len() > 0 {
		w.decideLocked(heap.Pop(&w.due).(late).packet, true, 0)
	}
	return errors.Join(err, w.err)
}

// Pass lets n packets pass that are held on the way from one program to another, the
// oldest first, and returns how many there were.
func (w *Wire) Pass(from, to string, n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	passed := 0
	for l, packets := range w.held {
		if from != w.names[l.from] || to != w.names[l.to] {
			continue
		}
		passed = min(n, len(packets))
		for _, p := range packets[:passed] {
			w.decideLocked(p, true, 0)
		}
		w.held[l] = packets[passed:]
	}
	return passed
}

// Held returns how many packets are held on the way from one program to another.
func (w *Wire) Held(from, to string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l, packets := range w.held {
		if from == w.names[l.from] && to == w.names[l.to] {
			n = len(packets)
		}
	}
	return n
}

// Connections returns the connections between two programs that are open at the program
// that opened them. An empty name stands for all programs.
func (w *Wire) Connections(one, other string) (all []Connection, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	err = w.forgetClosedLocked()
	for _, c := range w.connections {
		x := Connection{w.names[c.from], w.names[c.to], c.local, c.remote}
		is := func(a, b string) bool { return (a == "" || a == x.From) && (b == "" || b == x.To) }
		if is(one, other) || is(other, one) {
			all = append(all, x)
		}
	}
	return all, err
}

// forgetClosedLocked removes the connections whose opener has closed them.
func (w *Wire) forgetClosedLocked() error {
	var failed error
	w.connections = slices.DeleteFunc(w.connections, func(c opened) bool {
		inode, err := w.sockets.inode(c.local, c.remote)
		failed = errors.Join(failed, err)
		return inode == 0 && err == nil
	})
	w.checked = len(w.connections)
	return failed
}

// Reset resets all connections between two programs, as when a cable fails or a firewall
// forgets, and returns how many there were. One gets ECONNABORTED at once, and the other
// ECONNRESET when the packet that says so arrives, which faults apply to. If one's name is
// empty it is the program that opened the connection.
func (w *Wire) Reset(one, other string) (n int, err error) {
	all, err := w.Connections(one, other)
	for _, c := range all {
		here, there := c.Local, c.Remote
		if one != "" && one != c.From {
			here, there = there, here
		}
		done, failed := w.sockets.destroy(here, there)
		if failed == nil && !done { // closed at this end
			done, failed = w.sockets.destroy(there, here)
		}
		if done {
			n++
		}
		err = errors.Join(err, failed)
	}
	return n, err
}

// Unfinished returns, for each direction of an open connection, the text that has arrived
// and whose line has not ended, as an event of kind Received.
func (w *Wire) Unfinished() []event.Event { return w.record.unfinished() }

// Err returns the first failure of the kernel's queues, after which packets pass
// untouched.
func (w *Wire) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close ends all faults. All packets pass. A second call does nothing.
func (w *Wire) Close() error {
	w.mu.Lock()
	closed := w.closed
	w.mu.Unlock()
	if closed {
		return nil
	}
	err := w.Heal()
	w.mu.Lock()
	w.closed = true
	w.timer.Stop()
	w.mu.Unlock()
	return errors.Join(err, w.closeAll(), w.capture.end())
}

func (w *Wire) closeAll() error {
	var err error
	if w.sockets.conn != nil {
		err = w.sockets.close()
	}
	if w.rules.conn != nil {
		err = errors.Join(err, w.rules.close())
	}
	for _, q := range w.queues {
		if q != nil {
			err = errors.Join(err, q.close())
		}
	}
	if w.tap != nil {
		err = errors.Join(err, w.tap.stop())
	}
	w.readers.Wait()
	if w.tap != nil {
		err = errors.Join(err, w.tap.close())
	}
	return err
}

// numberLocked returns the number of a program.
func (w *Wire) numberLocked(name string) (uint8, error) {
	i := slices.Index(w.names, name)
	if i < 0 {
		if len(w.names) == maxPrograms {
			return 0, fmt.Errorf("%s is one program too many: a wire tells %d apart", name, maxPrograms)
		}
		i = len(w.names)
		w.names = append(w.names, name)
	}
	return uint8(i), nil
}

// faultLocked returns the fault of a link.
func (w *Wire) faultLocked(l link) Fault {
	from, to := w.names[l.from], w.names[l.to]
	for _, e := range []ends{{from, to}, {from, ""}, {"", to}, {"", ""}} {
		if f, set := w.faults[e]; set {
			return f
		}
	}
	return Fault{}
}

// applyLocked makes the lanes those of the faults, and tells the kernel.
func (w *Wire) applyLocked() error {
	var faulty []link
	for i := range w.names {
		for j := range w.names {
			l := link{uint8(i), uint8(j)}
			f := w.faultLocked(l)
			if f != (Fault{}) {
				faulty = append(faulty, l)
			}
			switch old := w.lanes[l]; {
			case f == (Fault{}):
				delete(w.lanes, l)
			case old == nil:
				w.lanes[l] = &lane{fault: f, random: rand.New(rand.NewPCG(uint64(i), uint64(j)))}
			case old.fault != f:
				old.fault, old.count = f, 0
			}
			if !f.Hold {
				for _, p := range w.held[l] {
					w.decideLocked(p, true, 0)
				}
				delete(w.held, l)
			}
		}
	}
	var failed error
	err := w.network.Do(func() {
		if w.only == nil { // others need the size of packets as it is
			failed = limitPackets(len(faulty) > 0)
		}
		failed = errors.Join(failed, w.rules.queue(faulty))
	})
	return errors.Join(err, failed)
}
