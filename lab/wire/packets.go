package wire

import (
	"container/heap"
	"errors"
	"net/netip"
	"os"
	"slices"
	"time"

	"peerlab/lab/event"
	"peerlab/lab/network"
)

// read decides about the packets of a queue until it is closed.
func (w *Wire) read(q *queue) {
	for {
		packets, err := q.receive()
		if errors.Is(err, os.ErrClosed) {
			return
		}
		w.mu.Lock()
		if err != nil && !w.closed {
			w.err = errors.Join(w.err, err)
		}
		now := time.Now()
		for _, p := range packets {
			if q.number == queueDials {
				w.openLocked(p)
			} else {
				w.takeLocked(p, now)
			}
		}
		stop := w.closed || err != nil
		w.mu.Unlock()
		if stop {
			_ = q.close() // so that the rules let its packets pass
			return
		}
	}
}

// openLocked processes the packet that opens a connection: it marks it.
func (w *Wire) openLocked(p packet) {
	h, ok := parseHeader(p.payload)
	l := link{}
	if ok {
		if p.mark != network.Mark { // or else it is none of the programs
			l.from = w.ownerLocked(h.from, h.to, false)
		}
		l.to = w.ownerLocked(h.to, h.from, h.dials())
		w.connections = slices.DeleteFunc(w.connections, func(c opened) bool { return c.local == h.from && c.remote == h.to }) // its SYN came again
		w.connections = append(w.connections, opened{l, h.from, h.to})
		w.record.open(ports{h.from, h.to}, ends{w.names[l.from], w.names[l.to]})
		if len(w.connections) > 2*w.checked+maxUnchecked {
			w.err = errors.Join(w.err, w.forgetClosedLocked())
		}
	}
	w.decideLocked(p, true, w.rules.tag|l.mark())
}

// ownerLocked returns the number of the program that has the socket with a local and a
// remote address, or listens at the local one.
func (w *Wire) ownerLocked(local, remote netip.AddrPort, listens bool) uint8 {
	inode, err := w.sockets.inode(local, remote)
	if err != nil {
		w.err = errors.Join(w.err, err)
	}
	name, known := w.listeners[inode]
	if !known {
		name = w.programs.owner("/proc", inode)
	}
	if listens && inode != 0 {
		w.listeners[inode] = name
	}
	if name == "" {
		return 0
	}
	before := len(w.names)
	n, err := w.numberLocked(name)
	if err == nil && len(w.names) > before && len(w.faults) > 0 {
		err = w.applyLocked()
	}
	if err != nil {
		w.err = errors.Join(w.err, err)
	}
	return n
}

// takeLocked decides about a packet of a link with a fault.
func (w *Wire) takeLocked(p packet, now time.Time) {
	l := linkOf(p.mark)
	if p.queue == queueBack {
		l = l.reversed()
	}
	lane := w.lanes[l]
	if lane == nil { // it was healed meanwhile
		w.decideLocked(p, true, 0)
		return
	}
	h, _ := parseHeader(p.payload)
	v, due := lane.decide(now, len(p.payload), h.dials())
	w.record.sent(&h, now, v)
	switch {
	case v == drop:
		w.decideLocked(p, false, 0)
	case v == hold:
		w.held[l] = append(w.held[l], p)
	case due.After(now):
		heap.Push(&w.due, late{due, w.due.next(), p})
		w.timer.Reset(time.Until(w.due.all[0].at))
	default:
		w.decideLocked(p, true, 0)
	}
}

// passDue lets packets pass whose time has come.
func (w *Wire) passDue() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for w.due.Len() > 0 && !w.due.all[0].at.After(now) {
		w.decideLocked(heap.Pop(&w.due).(late).packet, true, 0)
	}
	if w.due.Len() > 0 && !w.closed {
		w.timer.Reset(w.due.all[0].at.Sub(now))
	}
}

// watch records the packets that arrive until the tap is stopped.
func (w *Wire) watch() {
	for {
		err := w.recordNext()
		switch {
		case errors.Is(err, os.ErrClosed):
			return
		case err != nil:
			w.mu.Lock()
			w.err = errors.Join(w.err, err)
			w.mu.Unlock()
			return
		}
	}
}

func (w *Wire) recordNext() error {
	packet, now, err := w.tap.next()
	if lost := w.tap.takeLost(); lost > 0 {
		w.record.events.Add(event.Event{Kind: event.Lost, Bytes: lost})
	}
	if err != nil {
		return err
	}
	w.capture.add(now, packet)
	h, ok := parseHeader(packet)
	if !ok {
		return nil
	}
	missing, dull := w.record.expect(&h, w.tap.gaps)
	w.tap.lost += missing
	w.record.received(&h, now)
	if dull && h.unread > 0 {
		return w.tap.leaveOut(&h)
	}
	return nil
}

func (w *Wire) decideLocked(p packet, accept bool, mark uint32) {
	if err := w.queues[p.queue].decide(p.id, accept, mark); err != nil && !w.closed {
		w.err = errors.Join(w.err, err)
	}
}
