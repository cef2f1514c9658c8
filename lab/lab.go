package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"peerlab/lab/event"
	"peerlab/lab/network"
	"peerlab/lab/wire"
)

// removeTimeout is for ending one process and what it ran in.
const removeTimeout = 120 * time.Second

// EventsFile is the name of the record of a run in the folder of its lab: see
// peerlab/lab/event.
const EventsFile = "events.jsonl"

// PacketsFile is the name of the file of packets, in the folder of a lab that has one.
const PacketsFile = "packets.pcapng"

// Options say what a lab is like.
type Options struct {
	Container bool              // roles run in containers unless told otherwise
	Programs  map[string]string // what plays a role, or is the one process of a name: image:NAME, cmd:WORDS or cmd+pipe:WORDS
	OnHost    bool              // the lab is on the host's network, in any case
	Limits    *Limits           // of programs that are not the project's own; nil: there are none
	Packets   bool              // all packets are kept in a file, if the lab has a wire
	Watch     *Watch            // nil: nothing is watched
}

// Watch is told at once what happens in a lab. It must not block.
type Watch struct {
	Record io.Writer                      // of the record too, whole lines at a time
	Output func(process string, b []byte) // what a process wrote, to its screen or its stderr
}

// Lab is a group of programs with a folder, a network, and a record of what they do. Its
// methods may be called from any goroutine.
type Lab struct {
	bench   *Bench
	dir     string // the data folders are in it
	network *network.Network
	limits  *Limits
	watch   *Watch   // nil: nothing is watched
	holder  *holder  // of the network; nil: no container joins it
	file    *os.File // of the record
	packets *os.File // nil: packets are not kept
	events  *event.Recorder
	wire    *wire.Wire // nil: there is none
	end     func() error

	mu        sync.Mutex
	cast      casting
	ports     []int // given out by Port
	processes []*Process
	byGroup   map[int]string    // names of processes, by their process groups
	contained map[string]string // and by the IDs of their containers
	exit      chan struct{}     // closed, and replaced, whenever a process exits
}

// NewLab makes a lab, which must be closed.
func (b *Bench) NewLab(o Options) (*Lab, error) {
	l := &Lab{
		bench: b, byGroup: make(map[int]string), contained: make(map[string]string), exit: make(chan struct{}),
		limits: o.Limits, watch: o.Watch, cast: casting{container: o.Container, programs: o.Programs, config: b.config},
	}
	l.end = sync.OnceValue(l.endAll)
	var err error
	if l.dir, err = b.TempDir("peerlab-lab-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(l.dir, 0o711); err != nil { // programs that run as other users have folders in it
		return nil, errors.Join(err, b.RemoveTemp(l.dir))
	}
	if l.network, l.holder, err = l.newNetwork(o.OnHost); err != nil {
		return nil, errors.Join(err, b.RemoveTemp(l.dir))
	}
	if err := l.openRecord(o.Packets); err != nil {
		return nil, errors.Join(fmt.Errorf("the record of the run: %w", err), l.Close())
	}
	return l, nil
}

// Folder is where the lab's data folders and its record are. It is there until Close.
func (l *Lab) Folder() string { return l.dir }

// Play sets what plays a role from now on: image:NAME, cmd:WORDS or cmd+pipe:WORDS.
func (l *Lab) Play(role, program string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	programs := maps.Clone(l.cast.programs)
	if programs == nil {
		programs = make(map[string]string)
	}
	programs[role] = program
	l.cast.programs = programs
}

// casting returns the cast as it is now, which does not change.
func (l *Lab) casting() casting {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cast
}

// played returns what plays the role of a process, with values in its places.
func (l *Lab) played(spec Spec) (p program, args []string, err error) {
	if p, err = l.casting().play(spec.Name, spec.Role); err != nil {
		return p, nil, err
	}
	if p, args, err = p.fill(spec); err != nil {
		err = fmt.Errorf("%s: %w", spec.Name, err)
	}
	return p, args, err
}

// Tells returns whether the process of that name and role is given one of these
// values: its command has a place for one, or has no places, so that arguments
// are appended to it.
func (l *Lab) Tells(name, role string, values ...string) bool {
	p, err := l.casting().play(name, role)
	return err != nil || !p.whole || p.hasPlace(values...)
}

// Port returns a loopback TCP port on which no process listens, between 20000 and
// 32000, and never the same again. On the host's network, no other lab that is open
// at the same time, of this process or another, gets the same.
func (l *Lab) Port() (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	port := lowPort + len(l.ports)
	if !l.network.Own() {
		var err error
		if port, err = l.bench.ports.take(); err != nil {
			return 0, err
		}
	}
	l.ports = append(l.ports, port)
	return port, nil
}

// Dir makes a data folder that processes can share: see [Spec]. This process and
// every program can read and write it. name must be new.
func (l *Lab) Dir(name string) (string, error) {
	dir := filepath.Join(l.dir, name)
	err := os.Mkdir(dir, 0o777)
	if err == nil && l.limits != nil && l.limits.Group != 0 {
		if err = bound(dir, dataSize, 0o777); l.limits.Lenient {
			err = nil
		}
	}
	if err == nil {
		err = os.Chmod(dir, 0o777) // whatever the umask: a container has its own user
	}
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	return dir, nil
}

// Processes returns all that was started, in that order.
func (l *Lab) Processes() []*Process {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.processes)
}

// Exited returns a channel that is closed when the next process exits.
func (l *Lab) Exited() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.exit
}

func (l *Lab) wakeAtExit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.exit)
	l.exit = make(chan struct{})
}

// Note adds to the record that something was done to a process.
func (l *Lab) Note(process, what string) {
	l.events.Add(event.Event{Kind: event.Fault, Process: process, Text: what})
}

// End ends all processes, and the record, and closes the network. What they showed, and
// the folder, are there until Close. A second call only returns what the first did.
func (l *Lab) End() error { return l.end() }

func (l *Lab) endAll() error {
	ctx, cancel := context.WithTimeout(context.Background(), removeTimeout)
	defer cancel()
	var all sync.WaitGroup
	processes := l.Processes()
	errs := make([]error, len(processes), len(processes)+3)
	for i, p := range processes {
		all.Go(func() {
			if err := p.remove(ctx); err != nil {
				errs[i] = fmt.Errorf("ending %s: %w", p.Name(), err)
			}
		})
	}
	var held error
	all.Go(func() { held = l.holder.remove(ctx) })
	all.Wait()
	errs = append(errs, held)
	if err := l.closeRecord(); err != nil {
		errs = append(errs, fmt.Errorf("the record of the run: %w", err))
	}
	return errors.Join(append(errs, l.closeNetwork())...)
}

// Close is End, and removes the folder.
func (l *Lab) Close() error {
	return errors.Join(l.End(), l.bench.RemoveTemp(l.dir))
}
