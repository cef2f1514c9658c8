package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"peerlab/lab/event"
	"peerlab/lab/network"
	"peerlab/lab/wire"
)

// Lab is the bench of one test. It ends, and all that it started with it, when
// the test ends. Unless told otherwise its methods must be called from the
// test's own goroutine, because those that cannot do their work end the test.
type Lab struct {
	t         testing.TB
	run       *run
	cast      casting
	began     time.Time
	dir       string // the data folders are in it
	tag       string // in every line of a barrier of this lab, and nowhere else
	barriers  atomic.Int64
	onHost    bool // whatever the casting
	network   *network.Network
	file      *os.File // of the record
	events    *event.Recorder
	wire      *wire.Wire  // nil: there is none
	ports     []int       // given out by Port; of the test's goroutine
	reported  atomic.Bool // the screens are in the test's output already
	mu        sync.Mutex
	processes []*Process
	byGroup   map[int]string // names of processes, by their process groups
	acts      []act
	exit      chan struct{}     // closed, and replaced, whenever a process exits
	replay    string            // the command that plays the test again
	kept      map[string]string // files for the artifacts, by name
}

// Option changes what [New] makes.
type Option func(*Lab)

// Playing has a program, image:NAME, cmd:WORDS or cmd+pipe:WORDS, play a role in this lab, or be
// the one process of that name, as the environment variable would.
func Playing(who, program string) Option {
	return func(l *Lab) { l.cast.overrides[who] = program }
}

// Play has a program play a role from now on, as [Playing] does from the start.
func (l *Lab) Play(role, program string) { l.cast.overrides[role] = program }

// Natively has roles run as processes of this machine, even when they run in
// containers by default.
func Natively() Option {
	return func(l *Lab) { l.cast.container = false }
}

// New returns the lab of the test t. The package's TestMain must call [Main].
func New(t testing.TB, opts ...Option) *Lab {
	t.Helper()
	r, err := theRun()
	if err != nil {
		t.Fatalf("lab: %v", err)
	}
	if !r.opened.Load() {
		t.Fatalf("lab: TestMain must call lab.Main")
	}
	tag := make([]byte, 4)
	_, _ = rand.Read(tag) // never fails
	l := &Lab{
		t: t, run: r, began: time.Now(),
		kept: map[string]string{}, byGroup: map[int]string{}, exit: make(chan struct{}),
		tag:  "barrier-" + hex.EncodeToString(tag),
		cast: casting{container: r.container, overrides: map[string]string{}, root: r.root, binaries: r.binaries},
	}
	for _, opt := range opts {
		opt(l)
	}
	// Not the test's own temporary folder, which would stay when the test binary is killed.
	if l.dir, err = os.MkdirTemp("", "peerlab-lab-"); err != nil {
		t.Fatalf("lab: %v", err)
	}
	r.guard.folder(l.dir)
	l.network = l.newNetwork()
	t.Cleanup(l.close)
	if err := l.openRecord(); err != nil {
		t.Fatalf("lab: the record of the run: %v", err)
	}
	return l
}

// Port returns a loopback TCP port on which nobody listens, between 20000 and
// 32000, and never the same again. On the host's network, no other test that runs
// at the same time, of this run or another, gets the same. It ends the test if
// there is none.
func (l *Lab) Port() string {
	l.t.Helper()
	port := lowPort + len(l.ports)
	if !l.network.Own() {
		var err error
		if port, err = l.run.ports.take(); err != nil {
			l.fail("%v", err)
		}
	}
	l.ports = append(l.ports, port)
	return strconv.Itoa(port)
}

// Address returns 127.0.0.1 with a port as [Lab.Port] gives it.
func (l *Lab) Address() string {
	l.t.Helper()
	return net.JoinHostPort("127.0.0.1", l.Port())
}

// Dir makes a data folder that processes can share: see [Spec]. The test and
// every program can read and write it. name must be new.
func (l *Lab) Dir(name string) string {
	l.t.Helper()
	dir := filepath.Join(l.dir, name)
	err := os.Mkdir(dir, 0o777)
	if err == nil {
		err = os.Chmod(dir, 0o777) // whatever the umask: a container has its own user
	}
	if err != nil {
		l.fail("data folder: %v", err)
	}
	return dir
}

// Processes returns all that was started, in that order.
func (l *Lab) Processes() []*Process {
	return slices.DeleteFunc(l.everything(), func(p *Process) bool { return p.bench })
}

// everything is Processes and the bench's own.
func (l *Lab) everything() []*Process {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.processes)
}

// Mark has the screens of all processes begin anew: see [Process.Mark].
func (l *Lab) Mark() {
	for _, p := range l.Processes() {
		p.Mark()
	}
}

// close ends everything, looks whether a program complained of itself, and
// keeps the screens if the test failed.
func (l *Lab) close() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), removeTimeout)
	defer cancel()
	var all sync.WaitGroup
	processes := l.everything()
	errs := make([]error, len(processes))
	for i, p := range processes {
		all.Go(func() { errs[i] = p.remove(ctx) })
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			l.t.Errorf("lab: ending %s: %v", processes[i].Name(), err)
		}
	}
	if err := l.closeRecord(); err != nil {
		l.t.Errorf("lab: the record of the run: %v", err)
	}
	if l.network.Own() {
		if err := l.network.Close(); err != nil {
			l.t.Errorf("lab: %v", err)
		}
	} else {
		l.run.ports.giveBack(l.ports)
	}
	for _, p := range processes {
		if sick := p.sickness(); sick != "" {
			l.t.Errorf("lab: %s", sick)
		}
	}
	if l.t.Failed() {
		if !l.reported.Load() {
			l.t.Log(l.report(nil))
		}
		if err := l.keepArtifacts(); err != nil {
			l.t.Logf("lab: the screens could not be kept: %v", err)
		}
	}
	if err := removeFolder(l.dir); err != nil {
		l.t.Errorf("lab: %v", err)
	}
	l.run.guard.folderGone(l.dir)
}

// act is something that the lab did to a process.
type act struct {
	at   time.Time
	who  string
	what string
}

// Program is the file of the program that plays a role natively by default, for
// tests that wrap it in another. It ends the test if there is none.
func (l *Lab) Program(role string) string {
	l.t.Helper()
	p, err := casting{binaries: l.run.binaries}.built(role)
	if err != nil {
		l.fail("%v", err)
	}
	return p.command[0]
}

// Note keeps, for the timeline among the artifacts, that something was done to
// somebody. May be called from any goroutine.
func (l *Lab) Note(who, what string) {
	l.note(who, what)
	l.events.Add(event.Event{Kind: event.Fault, Process: who, Text: what})
}

// Keep has a file of this name and content be written beside the screens if the
// test fails. A later one of the same name takes its place. May be called from
// any goroutine.
func (l *Lab) Keep(name, content string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept[name] = content
}

// note keeps an act for the timeline. May be called from any goroutine.
func (l *Lab) note(who, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acts = append(l.acts, act{time.Now(), who, what})
}
