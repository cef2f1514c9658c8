package wire

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
)

// machines returns two networks that a cable joins.
func machines(t *testing.T) (one, two *bench) {
	t.Helper()
	one, two = newNetwork(t), newNetwork(t)
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("ip is not installed (apt-get install iproute2)")
	}
	var there *os.File
	require.NoError(t, two.network.Do(func() { there, _ = os.Open("/proc/thread-self/ns/net") }))
	require.NotNil(t, there)
	defer there.Close()
	ip := func(b *bench, args string) {
		cmd := exec.Command("ip", strings.Fields(args)...)
		cmd.ExtraFiles = []*os.File{there} // descriptor 3
		var out []byte
		var err error
		require.NoError(t, b.network.Do(func() { out, err = cmd.CombinedOutput() }))
		require.NoError(t, err, "ip %s: %s", args, out)
	}
	ip(one, "link add eth0 type veth peer name eth0 netns /proc/self/fd/3")
	for i, b := range []*bench{one, two} {
		ip(b, fmt.Sprintf("addr add 10.77.1.%d/24 dev eth0", i+1))
		ip(b, "link set eth0 up")
	}
	return one, two
}

// observe opens an observer of port 4000. This process is a program of that name.
func (b *bench) observe(name string) *Observer {
	b.t.Helper()
	b.events = event.NewRecorder(&b.file)
	o, err := observe(b.network, "/proc", []uint16{4000}, func(pid int) string {
		if pid == os.Getpid() {
			return name
		}
		return b.program(pid)
	}, b.events)
	require.NoError(b.t, err)
	b.t.Cleanup(func() {
		require.NoError(b.t, o.Close())
		require.NoError(b.t, b.events.Close())
	})
	return o
}

// observed ends the record of an observer, and returns it.
func (b *bench) observed(o *Observer) []event.Event {
	b.t.Helper()
	require.NoError(b.t, o.Err())
	require.NoError(b.t, o.Close())
	require.NoError(b.t, b.events.Close())
	events, err := event.Read(strings.NewReader(b.file.String()))
	require.NoError(b.t, err)
	return events[1:]
}

// joined returns the ends of a connection from one network to another, or within one.
func joined(t *testing.T, from, to *bench, address string) (out, in net.Conn) {
	t.Helper()
	ln, err := to.network.Listen(address)
	require.NoError(t, err)
	defer ln.Close()
	out, err = from.network.Dial(t.Context(), address)
	require.NoError(t, err)
	in, err = ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { out.Close(); in.Close() })
	return out, in
}

// says sends a text from one end of a connection to the other.
func says(t *testing.T, from, to net.Conn, text string) {
	t.Helper()
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(from, text)
		sent <- err
	}()
	got := make([]byte, len(text))
	_, err := io.ReadFull(to, got)
	require.NoError(t, err)
	require.NoError(t, <-sent)
	require.Equal(t, text, string(got))
}

// secured puts TLS on both ends of a connection.
func secured(t *testing.T, out, in net.Conn) (client, server *tls.Conn) {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	client = tls.Client(out, &tls.Config{InsecureSkipVerify: true})
	server = tls.Server(in, &tls.Config{Certificates: certified.TLS.Certificates})
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	require.NoError(t, client.Handshake())
	require.NoError(t, <-done)
	return client, server
}

// ended closes both ends of a connection, one first.
func ended(t *testing.T, first, second net.Conn) {
	t.Helper()
	require.NoError(t, first.Close())
	_, err := second.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, second.Close())
}

// crossings returns the pieces that crossed, as events of a kind, by what both ends say of them.
func crossings(events []event.Event, kind event.Kind) (all []string) {
	addresses := make(map[int]string)
	openers := make(map[int]string)
	for _, e := range events {
		switch e.Kind {
		case event.Connected:
			addresses[e.Link.Connection], openers[e.Link.Connection] = e.Text, e.Link.From
		case kind:
			way := "back"
			if e.Link.From == openers[e.Link.Connection] {
				way = "out"
			}
			all = append(all, fmt.Sprint(addresses[e.Link.Connection], " ", way, " ", e.Link.Sequence, " ", e.Bytes, " bytes ", e.Text))
		}
	}
	slices.Sort(all)
	return all
}

func countOf(events []event.Event, kinds ...event.Kind) (n int) {
	for _, e := range events {
		if slices.Contains(kinds, e.Kind) {
			n++
		}
	}
	return n
}

// Of what crosses the network between two machines, one records that it was sent and the
// other that it was received.
func TestObserversOfTwoMachines(t *testing.T) {
	one, two := machines(t)
	out, in := joined(t, one, two, "10.77.1.2:4000")
	says(t, out, in, "before\n")
	tlsOut, tlsIn := joined(t, two, one, "10.77.1.1:4000")
	client, server := secured(t, tlsOut, tlsIn)
	says(t, client, server, "before\n")

	first := one.observe("one")
	says(t, out, in, "one machine sees it\n")
	second := two.observe("two")
	says(t, out, in, "hello\n")
	says(t, in, out, "welcome\n")
	says(t, client, server, "hello\n")
	says(t, server, client, strings.Repeat("welcome\n", 200_000))

	newOut, newIn := joined(t, one, two, "10.77.1.2:4000")
	says(t, newOut, newIn, "a new one\n"+strings.Repeat(strings.Repeat("line ", 12)+"\n", 20_000))
	newClient, newServer := joined(t, two, one, "10.77.1.1:4000")
	newClient, newServer = secured(t, newClient, newServer)
	says(t, newClient, newServer, strings.Repeat("secret\n", 200_000))
	eventually(t, func() bool { return len(first.Connections()) == 4 && len(second.Connections()) == 4 })
	require.Equal(t, Connection{"one", Other, address(out.LocalAddr()), address(out.RemoteAddr())}, first.Connections()[0])
	require.Equal(t, Connection{Other, "two", address(out.LocalAddr()), address(out.RemoteAddr())}, second.Connections()[0])
	ended(t, out, in)
	ended(t, newIn, newOut)
	eventually(t, func() bool { return len(first.Connections()) == 2 })

	here, there := one.observed(first), two.observed(second)
	for _, events := range [][]event.Event{here, there} {
		require.Zero(t, countOf(events, event.Lost))
		require.Equal(t, 4, countOf(events, event.Connected))
		require.Equal(t, 2, countOf(events, event.Closed))
		require.Zero(t, countOf(events, event.Reset))
	}
	alone := func(x string) bool { return strings.HasSuffix(x, "one machine sees it") }
	sent := crossings(here, event.Sent)
	require.True(t, slices.ContainsFunc(sent, alone))
	require.Equal(t, slices.DeleteFunc(sent, alone), crossings(there, event.Received))
	require.Equal(t, crossings(there, event.Sent), crossings(here, event.Received))
	for _, e := range there {
		require.LessOrEqual(t, e.Bytes, recordHeader+maxCiphertext, "packets are larger")
	}
}

func address(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }

// A line from one program of a machine to another is recorded once at each, though its packets
// are seen twice.
func TestAnObserverOfTwoProgramsOfAMachine(t *testing.T) {
	b := newNetwork(t)
	b.start("server", "echo").shows("listening")
	one := b.start("one", "talk")
	one.types("before")
	one.shows("connected")
	one.shows("before")
	o := b.observe("test")
	one.types("older")
	one.shows("older")
	two := b.start("two", "talk")
	two.types("hello")
	two.shows("connected")
	two.shows("hello")
	eventually(t, func() bool {
		var open []string
		for _, c := range o.Connections() {
			open = append(open, c.From+" to "+c.To)
		}
		return slices.Equal([]string{"one to server", "two to server"}, open)
	})
	var got []string
	for _, e := range b.observed(o) {
		if e.Kind == event.Connected {
			e.Text = ""
		}
		got = append(got, e.String())
	}
	require.Equal(t, []string{
		`one → server  connected`,
		`one → server  sent "older"`, `one → server  received "older"`, `server → one  sent "older"`, `server → one  received "older"`,
		`two → server  connected`,
		`two → server  sent "hello"`, `two → server  received "hello"`, `server → two  sent "hello"`, `server → two  received "hello"`,
	}, got)
}

func TestWhetherAnEndOfAConnectionIsOpen(t *testing.T) {
	b := newNetwork(t)
	m, err := openMachine(b.network, "/proc", b.program)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.close()) }()
	ln, err := b.network.Listen("127.0.0.1:4000")
	require.NoError(t, err)
	defer ln.Close()
	out, err := b.network.Dial(t.Context(), "127.0.0.1:4000")
	require.NoError(t, err)
	defer out.Close()
	here, there := address(out.LocalAddr()), address(out.RemoteAddr())
	are := func(opener, listener [2]bool) {
		t.Helper()
		var got [2][2]bool
		got[0][0], got[0][1] = m.connection(here, there)
		got[1][0], got[1][1] = m.connection(there, here)
		require.Equal(t, [2][2]bool{opener, listener}, got)
	}
	exists, open, gone := [2]bool{true, false}, [2]bool{true, true}, [2]bool{}
	are(open, open) // and not yet accepted
	in, err := ln.Accept()
	require.NoError(t, err)
	defer in.Close()
	are(open, open)
	require.NoError(t, out.Close())
	_, err = in.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	are(exists, open)
	require.NoError(t, in.Close())
	eventually(t, func() bool { e, _ := m.connection(there, here); return !e })
	are(exists, gone) // in TIME_WAIT, and the listener is no end of it
	require.NoError(t, m.failure())
}

func TestAnObserverSaysWhatIsMissing(t *testing.T) {
	_, err := Observe("/proc", nil, nil, nil)
	require.EqualError(t, err, "no port to watch is given")
	_, err = Observe("/nowhere", []uint16{4000}, nil, nil)
	require.EqualError(t, err, "the processes of this machine: stat /nowhere/self/fd: no such file or directory: mount its /proc at /nowhere")
}
