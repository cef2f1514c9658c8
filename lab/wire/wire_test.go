package wire

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
	"peerlab/lab/network"
)

// bench is a network with a wire, and programs.
type bench struct {
	*Wire
	t       *testing.T
	network *network.Network
	events  *event.Recorder
	file    bytes.Buffer

	mu     sync.Mutex
	groups map[int]string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := newNetwork(t)
	b.open(nil)
	return b
}

// newNetwork returns a bench without a wire.
func newNetwork(t *testing.T) *bench {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("faults of the network need root")
	}
	n, err := network.New()
	require.NoError(t, err)
	b := &bench{t: t, network: n, groups: make(map[int]string)}
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return b
}

// open opens the wire; with ports, as if others shared the network.
func (b *bench) open(ports []uint16) {
	b.t.Helper()
	b.events = event.NewRecorder(&b.file)
	var err error
	b.Wire, err = openWire(b.network, ports, b.program, b.events, nil)
	require.NoError(b.t, err)
	b.t.Cleanup(func() {
		require.NoError(b.t, b.Wire.Err())
		require.NoError(b.t, b.Close())
		require.NoError(b.t, b.events.Close())
	})
}

// program returns the name of the program that a process belongs to.
func (b *bench) program(pid int) string {
	group, _ := syscall.Getpgid(pid) // 0: it has ended
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.groups[group]
}

// program is one that runs.
type program struct {
	t     *testing.T
	in    io.Writer
	shown chan string
}

// start starts the test binary as one of its programs.
func (b *bench) start(name, kind string) *program {
	b.t.Helper()
	b.t.Setenv(programVariable, kind)
	return b.command(name, os.Args[0])
}

func (b *bench) command(name, command string, args ...string) *program {
	b.t.Helper()
	cmd := exec.Command(command, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	require.NoError(b.t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b.t, err)
	b.mu.Lock() // it may dial at once
	err = b.network.Start(cmd)
	if err == nil {
		b.groups[cmd.Process.Pid] = name
	}
	b.mu.Unlock()
	require.NoError(b.t, err)
	p := &program{b.t, in, make(chan string, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.shown <- lines.Text()
		}
	}()
	b.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		_ = cmd.Wait()
	})
	return p
}

func (p *program) types(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, line+"\n")
	require.NoError(p.t, err)
}

// shows waits for the next line of the screen.
func (p *program) shows(line string) {
	p.t.Helper()
	select {
	case got := <-p.shown:
		require.Equal(p.t, line, got)
	case <-time.After(10 * time.Second):
		require.Fail(p.t, "nothing is shown", "expected %q", line)
	}
}

// showsNothing returns after a time in which nothing was shown.
func (p *program) showsNothing(for_ time.Duration) {
	p.t.Helper()
	select {
	case got := <-p.shown:
		require.Fail(p.t, "something is shown", "%q", got)
	case <-time.After(for_):
	}
}

func (b *bench) connections(one, other string) []Connection {
	b.t.Helper()
	all, err := b.Connections(one, other)
	require.NoError(b.t, err)
	return all
}

// talking returns two programs that are connected.
func talking(t *testing.T) (b *bench, one *program) {
	t.Helper()
	b = newBench(t)
	b.start("server", "echo").shows("listening")
	one = b.start("one", "talk")
	one.types("hello")
	one.shows("connected")
	one.shows("hello")
	return b, one
}

func TestConnectionsAreKnownByTheirPrograms(t *testing.T) {
	b, one := talking(t)
	two := b.start("two", "talk")
	two.types("hi")
	two.shows("connected")
	two.shows("hi")
	conn, err := b.network.Dial(t.Context(), "127.0.0.1:4000") // by the test
	require.NoError(t, err)
	defer conn.Close()
	one.types("again")
	one.shows("again")
	var got []string
	for _, c := range b.connections("", "") {
		got = append(got, c.From+" to "+c.To)
	}
	require.Equal(t, []string{"one to server", "two to server", "other to server"}, got)
	require.Len(t, b.connections("server", "two"), 1)
}

func TestDroppedPacketsComeAgainWhenTheLinkHeals(t *testing.T) {
	for _, way := range [][2]string{{"one", "server"}, {"server", "one"}} {
		b, one := talking(t)
		two := b.start("two", "talk")
		require.NoError(t, b.Set(way[0], way[1], Fault{Drop: true}))
		one.types("lost")
		two.types("mine")
		two.shows("connected")
		two.shows("mine")
		one.showsNothing(300 * time.Millisecond)
		require.NoError(t, b.Heal())
		one.shows("lost")
	}
}

func TestWhatIsSetForANameCountsMore(t *testing.T) {
	b, one := talking(t)
	two := b.start("two", "talk")
	two.types("hi")
	two.shows("connected")
	two.shows("hi")
	require.NoError(t, b.Set("", "", Fault{Drop: true}))
	require.NoError(t, b.Set("one", "server", Fault{}))
	require.NoError(t, b.Set("server", "one", Fault{}))
	two.types("lost")
	one.types("passes")
	one.shows("passes")
	two.showsNothing(100 * time.Millisecond)
	require.NoError(t, b.Heal())
	two.shows("lost")
}

func TestADialThatIsDroppedIsMadeLater(t *testing.T) {
	b := newBench(t)
	b.start("server", "echo").shows("listening")
	require.NoError(t, b.Set("one", "server", Fault{Of: Dials, Drop: true}))
	one := b.start("one", "talk")
	one.types("hello")
	one.showsNothing(300 * time.Millisecond)
	require.NoError(t, b.Heal())
	one.shows("connected")
	one.shows("hello")
}

func TestConnectedAndNothingIsHeard(t *testing.T) {
	b := newBench(t)
	b.start("server", "echo").shows("listening")
	one := b.start("one", "talk")
	require.NoError(t, b.Set("one", "server", Fault{Of: Dials, Delay: time.Millisecond}))
	one.types("first")
	one.shows("connected")
	one.shows("first")
	require.NoError(t, b.Set("server", "one", Fault{Of: Data, Drop: true}))
	one.types("second")
	one.showsNothing(300 * time.Millisecond)
	require.NoError(t, b.Heal())
	one.shows("second")
}

// eventually tries something until it comes true.
func eventually(t *testing.T, try func() bool) {
	t.Helper()
	for began := time.Now(); !try(); {
		require.Less(t, time.Since(began), time.Minute)
	}
}

// Each line takes as long as was asked, and on a busy machine longer: one of them is to
// come in time.
func TestADelayIsAsLongAsWasAsked(t *testing.T) {
	b, one := talking(t)
	for _, delay := range []time.Duration{5 * time.Millisecond, 50 * time.Millisecond} {
		require.NoError(t, b.Set("one", "server", Fault{Delay: delay}))
		lines := 0
		eventually(t, func() bool {
			lines++
			line := fmt.Sprint(delay, " line ", lines)
			began := time.Now()
			one.types(line)
			one.shows(line)
			took := time.Since(began)
			require.GreaterOrEqual(t, took, delay)
			return took < delay+2*time.Millisecond
		})
	}
}

func TestHeldPacketsPassOneByOne(t *testing.T) {
	b, one := talking(t)
	require.NoError(t, b.Set("server", "one", Fault{Hold: true}))
	one.types("held")
	one.showsNothing(100 * time.Millisecond)
	for b.Pass("server", "one", 1) > 0 { // an acknowledgement, and then the line; TCP may have sent it again
	}
	one.shows("held")
	one.types("again")
	one.showsNothing(100 * time.Millisecond)
	require.NotZero(t, b.Held("server", "one"))
	require.NoError(t, b.Heal())
	one.shows("again")
}

func TestAReset(t *testing.T) {
	b, one := talking(t)
	n, err := b.Reset("server", "one")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	one.types("into the reset")
	one.shows("reset")
	one.types("once more")
	one.shows("connected")
	one.shows("once more")
}

// The beginning of a line that is longer than a packet has arrived by then.
func TestAResetCutsALine(t *testing.T) {
	b, one := talking(t)
	require.NoError(t, b.Set("server", "one", Fault{Rate: 4000}))
	long, connected := strings.Repeat("x", 12_000), true
	eventually(t, func() bool {
		one.types(long)
		if !connected {
			one.shows("connected")
		}
		one.showsNothing(time.Second)
		n, err := b.Reset("one", "server")
		require.NoError(t, err)
		require.Equal(t, 1, n)
		connected = false
		return <-one.shown == "reset in a line"
	})
}

// As with a delay, one of the transfers is to come in time.
func TestARateIsKept(t *testing.T) {
	b := newBench(t)
	ln, err := b.network.Listen("127.0.0.1:4000")
	require.NoError(t, err)
	defer ln.Close()
	const rate, size = 4 << 20, 1 << 20
	require.NoError(t, b.Set(Other, Other, Fault{Rate: rate}))
	eventually(t, func() bool {
		go func() {
			conn, err := b.network.Dial(t.Context(), "127.0.0.1:4000")
			if err == nil {
				_, _ = conn.Write(make([]byte, size))
				conn.Close()
			}
		}()
		conn, err := ln.Accept()
		require.NoError(t, err)
		defer conn.Close()
		began := time.Now()
		n, err := io.Copy(io.Discard, conn)
		require.NoError(t, err)
		require.EqualValues(t, size, n)
		took := time.Since(began).Seconds()
		require.Greater(t, took, 0.8*size/rate)
		return took < 1.5*size/rate
	})
}

// recorded ends the wire and returns its record, one string an event.
func (b *bench) recorded() (all []string) {
	b.t.Helper()
	require.NoError(b.t, b.Close())
	require.NoError(b.t, b.events.Close())
	events, err := event.Read(&b.file)
	require.NoError(b.t, err)
	for _, e := range events[1:] {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s->%s %s %s", e.Link.From, e.Link.To, e.Kind, e.Text)))
	}
	return all
}

func TestTheRecordOfATalk(t *testing.T) {
	b, one := talking(t)
	require.NoError(t, b.Set("server", "one", Fault{Of: Data, Drop: true, Each: 1000}))
	one.types("grüße")
	one.shows("grüße")
	require.NoError(t, b.Heal())
	opened := b.connections("one", "server")[0]
	require.ElementsMatch(t, []string{
		fmt.Sprintf("one->server connected %v %v", opened.Local, opened.Remote),
		"one->server sent hello", "one->server received hello", "server->one sent hello", "server->one received hello",
		"server->one fault drop each 1000, of packets that do not open a connection",
		"one->server sent grüße", "one->server received grüße",
		"server->one dropped", // the first packet: an acknowledgement, or the line
		"server->one sent grüße", "server->one received grüße",
		"server->one healed",
	}, b.recorded())
}
