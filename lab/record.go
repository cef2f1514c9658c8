package lab

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"peerlab/lab/event"
	"peerlab/lab/wire"
)

// openRecord begins the record of the run, and the file of packets if there is to be one.
// With a network of its own, the lab has a wire
// between its programs, unless the kernel cannot; that is said aloud once.
func (l *Lab) openRecord(packets bool) error {
	file, err := os.Create(filepath.Join(l.dir, EventsFile))
	if err != nil {
		return err
	}
	var record io.Writer = file
	if l.watch != nil {
		record = io.MultiWriter(file, l.watch.Record)
	}
	l.file, l.events = file, event.NewRecorder(record)
	if !l.network.Own() {
		return nil
	}
	var to io.Writer
	if packets {
		if l.packets, err = os.Create(filepath.Join(l.dir, PacketsFile)); err != nil {
			return err
		}
		to = l.packets
	}
	l.wire, err = wire.Open(l.network, l.ProgramOf, l.events, to)
	if err != nil {
		l.bench.noWire.Do(func() { l.bench.config.LeftOut("left out: faults and the record of the network: " + err.Error()) })
	}
	return nil
}

// closeRecord ends the wire and the record.
func (l *Lab) closeRecord() error {
	if l.events == nil { // it could not be opened
		return nil
	}
	var errs []error
	if l.wire != nil {
		errs = append(errs, l.wire.Err(), l.wire.Close())
	}
	if l.packets != nil {
		errs = append(errs, l.packets.Close())
	}
	return errors.Join(append(errs, l.events.Close(), l.file.Close())...)
}

// Wire returns what is between the programs of the lab; nil if there is none: the lab is
// on the host's network, or the kernel cannot.
func (l *Lab) Wire() *wire.Wire { return l.wire }

// Record adds an event to the record of the run.
func (l *Lab) Record(e event.Event) { l.events.Add(e) }

// begins starts a program natively, and records its process group before ProgramOf can be
// asked for it: the program may dial at once.
func (l *Lab) begins(name string, cmd *exec.Cmd) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.network.Start(cmd); err != nil {
		return err
	}
	l.byGroup[cmd.Process.Pid] = name
	return nil
}

// contains records that a program will run in a container. The container's ID is known
// before the program can open a connection, and is that of all that the program starts;
// its process group is neither.
func (l *Lab) contains(id, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.contained[id] = name
}

// ProgramOf returns the name of the program that a process belongs to, or "" if it
// belongs to none.
func (l *Lab) ProgramOf(pid int) string {
	group, _ := syscall.Getpgid(pid) // 0: it has ended
	l.mu.Lock()
	defer l.mu.Unlock()
	if name := l.byGroup[group]; name != "" || len(l.contained) == 0 {
		return name
	}
	return l.contained[ContainerOf("/proc", pid)]
}

// happened adds to the record what a life of a process has done or shown.
func (e *Life) happened(kind event.Kind, text string) {
	e.process.lab.events.Add(event.Event{Kind: kind, Process: e.process.Name(), Life: e.number, Text: text})
}
