package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bench "peerlab/lab"
	"peerlab/lab/diagram"
	"peerlab/lab/grade"
	"peerlab/lab/wire"
)

// Lab is the bench of one test. It ends, and all that it started with it, when
// the test ends. Unless told otherwise its methods must be called from the
// test's own goroutine, because those that cannot do their work end the test.
type Lab struct {
	*bench.Lab
	t        testing.TB
	run      *run
	began    time.Time
	tag      string // in every line of a barrier of this lab, and nowhere else
	barriers atomic.Int64
	reported atomic.Bool    // the screens are in the test's output already
	replay   string         // the command that plays the test again
	screens  []grade.Screen // when the test failed
	verdict  *grade.Failure // nil: it has not failed

	mu        sync.Mutex
	processes []*Process
	kept      map[string]string // files for the artifacts, by name
	steps     []grade.Step
	failure   string // the first line of why the test fails
	details   []string
	points    []diagram.Point // what the failure is about
	broken    string          // why the bench could not do its work
}

// Spec says what to start.
type Spec = bench.Spec

// Line is one line of an output, as it arrived.
type Line = bench.Line

// Option changes what [New] makes.
type Option func(*bench.Options)

// Playing has a program, image:NAME, cmd:WORDS or cmd+pipe:WORDS, play a role in this lab, or be
// the one process of that name, as the environment variable would.
func Playing(who, program string) Option {
	return func(o *bench.Options) { o.Programs[who] = program }
}

// Natively has roles run as processes of this machine, even when they run in
// containers by default.
func Natively() Option {
	return func(o *bench.Options) { o.Container = false }
}

// OnHost puts the lab on the host's network, where it would otherwise have one of
// its own. It is for tests that start programs by other means than the lab.
func OnHost() Option {
	return func(o *bench.Options) { o.OnHost = true }
}

// WithPackets has all packets be kept in a file in the lab's folder.
func WithPackets() Option {
	return func(o *bench.Options) { o.Packets = true }
}

// Limiting sets the limits of programs that are not the project's own.
func Limiting(limits bench.Limits) Option {
	return func(o *bench.Options) { o.Limits = &limits }
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
	o := bench.Options{
		Container: r.container, Programs: settings(),
		OnHost: os.Getenv(networkVariable) == "host", Packets: os.Getenv(packetsVariable) != "",
	}
	if group := os.Getenv(limitsVariable); group != "" {
		number, keep, _ := strings.Cut(group, ":")
		parsed, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("lab: %s is %q; it is the number of a group, and :FOLDER", limitsVariable, group)
		}
		o.Limits = bench.ForStrangers(parsed, keep)
		o.Limits.Lenient = os.Getenv(lenientVariable) != ""
	}
	for _, opt := range opts {
		opt(&o)
	}
	tag := make([]byte, 4)
	_, _ = rand.Read(tag) // never fails
	l := &Lab{t: t, run: r, began: time.Now(), kept: map[string]string{}, tag: "barrier-" + hex.EncodeToString(tag)}
	if l.Lab, err = r.bench.NewLab(o); err != nil {
		_ = r.attempt.tell(grade.Attempt{Outcome: grade.Unknown, Because: err.Error()})
		t.Fatalf("lab: %v", err)
	}
	t.Cleanup(l.close)
	return l
}

// Port returns a loopback TCP port: see the library's. It ends the test if there is none.
func (l *Lab) Port() string {
	l.t.Helper()
	port, err := l.Lab.Port()
	if err != nil {
		l.fail("%v", err)
	}
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
	dir, err := l.Lab.Dir(name)
	if err != nil {
		l.fail("%v", err)
	}
	return dir
}

// Wire returns what is between the programs of the lab. It leaves the test out if there
// is none: the lab is on the host's network, or the kernel cannot.
func (l *Lab) Wire() *wire.Wire {
	l.t.Helper()
	w := l.Lab.Wire()
	if w == nil {
		LeaveOut(l.t, "it needs a network of its own, and faults in it, which need root and Linux")
	}
	return w
}

// NeedsOwnNetwork leaves the test out unless the lab has a network of its own.
func NeedsOwnNetwork(l *Lab) {
	l.t.Helper()
	if !l.OwnNetwork() {
		LeaveOut(l.t, "it needs a network of its own, and is on the host's")
	}
}

// Project returns a name for a compose project. All that the project makes is
// removed when this test binary has died, if the test could not.
func (l *Lab) Project() string {
	l.t.Helper()
	name, err := l.run.bench.Project()
	if err != nil {
		l.fail("%v", err)
	}
	return name
}

// Undisturbed does something that ends containers of a compose project while
// no lab starts or ends any of its own.
func (l *Lab) Undisturbed(do func() error) error {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), removeTimeout)
	defer cancel()
	return bench.Undisturbed(ctx, do)
}

// Program is the file of the program that plays a role natively by default, for
// tests that wrap it in another. It ends the test if there is none.
func (l *Lab) Program(role string) string {
	l.t.Helper()
	path, err := l.run.program(role)
	if err != nil {
		l.fail("%v", err)
	}
	return path
}

// Processes returns all that was started, in that order.
func (l *Lab) Processes() []*Process {
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

// Keep has a file of this name and content be written beside the screens if the
// test fails. A later one of the same name takes its place. May be called from
// any goroutine.
func (l *Lab) Keep(name, content string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept[name] = content
}

// close ends everything, looks whether a program complained of itself, and
// keeps the screens if the test failed.
func (l *Lab) close() {
	l.t.Helper()
	if err := l.End(); err != nil {
		l.breaks(err)
		l.t.Errorf("lab: %v", err)
	}
	for _, p := range l.Processes() {
		if sick := p.sickness(); sick != "" {
			l.t.Errorf("lab: %s", sick)
		}
	}
	l.attempted()
	if l.t.Failed() && !l.reported.Load() {
		l.t.Log(l.report(nil))
	}
	if l.t.Failed() || os.Getenv(keepVariable)+os.Getenv(packetsVariable) != "" {
		if err := l.keepArtifacts(); err != nil {
			l.t.Logf("lab: the screens could not be kept: %v", err)
		}
	}
	if err := l.Close(); err != nil {
		l.t.Errorf("lab: %v", err)
	}
}
