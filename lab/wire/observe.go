package wire

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"peerlab/lab/event"
	"peerlab/lab/network"
)

// Observer records what the programs of a machine send to and receive from each other and
// those of other machines. Its methods may be called by any goroutine.
type Observer struct {
	machine   *machine
	tap       *tap
	sightings sightings
	reader    sync.WaitGroup
	idle      atomic.Bool  // no packet waits
	seen      atomic.Int64 // when the kernel has seen the latest packet, in Unix nanoseconds
	closing   func() error
}

// Observe begins to record the TCP connections, over IPv4 and any interface, from or to some
// ports of this machine, in its own network. They may be older. programs tells the programs
// apart, and may be called at any time; proc is the folder where the processes of the machine
// are, /proc or where a container mounts that. The error says what is missing.
//
// A piece that a program sends makes an event of kind Sent, and one that it receives an event
// of kind Received. An end that is on another machine, or no program's, is Other. The record of the
// machine at the other end is joined with this one by the addresses that events of kind
// Connected hold, and by the links' Sequence.
func Observe(proc string, only []uint16, programs Programs, events *event.Recorder) (*Observer, error) {
	return observe(network.Host(), proc, only, programs, events)
}

func observe(n *network.Network, proc string, only []uint16, programs Programs, events *event.Recorder) (*Observer, error) {
	if len(only) == 0 {
		return nil, errors.New("no port to watch is given")
	}
	m, err := openMachine(n, proc, programs)
	if err != nil {
		return nil, err
	}
	o := &Observer{machine: m, sightings: sightings{
		record: record{events: events, several: true, conns: make(map[ports]*conn)}, only: only, ignored: make(map[pair]uint32),
		has: m.has, program: m.program, connection: m.connection,
	}}
	var failed error
	err = n.Do(func() { o.tap, failed = openTap(only, true, false) })
	if err = errors.Join(err, failed); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: the record of the network needs root, or NET_RAW", err), m.close())
	}
	o.tap.idle = o.idle.Store
	o.seen.Store(time.Now().UnixNano())
	o.tap.stamp() // the kernel notes the times of packets from the first question for one
	o.closing = sync.OnceValue(o.close)
	o.reader.Go(o.read)
	return o, nil
}

// read records packets until the tap is stopped.
func (o *Observer) read() {
	for {
		packet, _, err := o.tap.next()
		if lost := o.tap.takeLost(); lost > 0 {
			o.sightings.record.events.Add(event.Event{Kind: event.Lost, Bytes: lost})
		}
		if err != nil {
			if !errors.Is(err, os.ErrClosed) {
				o.machine.failed(err)
			}
			return
		}
		at := o.tap.stamp()
		if h, ok := parseHeader(packet); ok {
			o.sightings.see(&h, at)
		}
		o.seen.Store(at.UnixNano())
	}
}

// Complete returns up to when the record has all events, at a time that is some milliseconds
// ago. It must not be called after Close.
func (o *Observer) Complete(at time.Time) time.Time {
	seen := time.Unix(0, o.seen.Load()) // before it is looked, so that it is not too late
	if o.idle.Load() && !o.tap.waits() || at.Before(seen) {
		return at
	}
	return seen
}

// Connections returns the connections that are open at the programs of this machine, the
// oldest first; after Close, none. An end that is none of its programs is Other.
func (o *Observer) Connections() []Connection { return o.sightings.open() }

// Err returns the first failure, after which events may be missing.
func (o *Observer) Err() error { return o.machine.failure() }

// Close ends the record, with what arrived before. A second call does nothing.
func (o *Observer) Close() error { return o.closing() }

func (o *Observer) close() error {
	err := o.tap.stop()
	o.reader.Wait()
	return errors.Join(err, o.tap.close(), o.machine.close())
}
