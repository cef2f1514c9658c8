package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

const (
	roomGreeting = "Connection with the server has been established"
	roomGoodbye  = "Connection with the server has been closed"

	roomArrival      = 100 * time.Millisecond // before a client that says nothing is told of
	roomDialPatience = 30 * time.Second       // of a client with a server that is not there, thrice
)

// parlour is a room and who is in it.
type parlour struct {
	*lab.Lab
	t       *testing.T
	at      string // where the server listens
	server  *lab.Process
	clients []*occupant
	known   map[string]bool // ports that the server's screen has told of
}

// occupant is a client of ours.
type occupant struct {
	*lab.Process
	port string // that it calls from
}

// newParlour prepares a room in which nobody is up yet.
func newParlour(t *testing.T, opts ...lab.Option) *parlour {
	t.Helper()
	waits(t)
	l := lab.New(t, opts...)
	return &parlour{Lab: l, t: t, at: l.Address(), known: map[string]bool{}}
}

// openParlour starts a server.
func openParlour(t *testing.T, args ...string) *parlour {
	t.Helper()
	r := newParlour(t)
	r.open(args...)
	return r
}

func (r *parlour) open(args ...string) {
	r.t.Helper()
	r.server = r.Start(lab.Spec{Name: "room-server", Args: append([]string{"-listen", r.at}, args...)})
	r.server.Sees("This server is activated on port " + port(r.at))
}

// joins starts a client and waits until everybody there knows of it.
func (r *parlour) joins() *occupant {
	r.t.Helper()
	c := &occupant{Process: r.Start(lab.Spec{
		Name: fmt.Sprintf("room-client%d", len(r.clients)+1), Role: "room-client", Args: []string{"-server", r.at},
	})}
	r.arrives(c)
	return c
}

func (r *parlour) arrives(c *occupant) {
	r.t.Helper()
	c.Sees(roomGreeting)
	c.port = r.newcomer()
	for _, other := range r.clients {
		if !other.Running() {
			continue
		}
		other.Sees(fmt.Sprintf("[127.0.0.1:%s] is Online", c.port))
	}
	r.clients = append(r.clients, c)
}

var connected = regexp.MustCompile(`^Client \(127\.0\.0\.1, (\d+)\) connected at time \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$`)

// newcomer waits until the server's screen tells of a client that it has not told
// of before, and returns its port.
func (r *parlour) newcomer() (port string) {
	r.t.Helper()
	r.server.Collects(func() string { return "that a client is connected" }, func(l lab.Line) bool {
		if m := connected.FindStringSubmatch(l.Text); m != nil && !r.known[m[1]] {
			port = m[1]
			r.known[port] = true
		}
		return port != ""
	})
	return port
}

// said is a pattern of what others see of a line.
func said(who, text string) *regexp.Regexp {
	return regexp.MustCompile(`^` + regexp.QuoteMeta(who) + ` at \d\d:\d\d:\d\d: ` + regexp.QuoteMeta(text) + `$`)
}

// speaker is how one who has no name is called.
func speaker(port string) string { return fmt.Sprintf("('127.0.0.1', %s)", port) }

// hears waits for a line of somebody's.
func (c *occupant) hears(who, text string) {
	pattern := said(who, text)
	c.Collects(func() string { return "a line like " + pattern.String() }, func(l lab.Line) bool { return pattern.MatchString(l.Text) })
}

// call calls the server as somebody else's program does, and waits until that is
// known.
func (r *parlour) call() (s stranger, port string) {
	r.t.Helper()
	s = callIn(r.t, r, r.at)
	require.Equal(r.t, roomGreeting+"\n", s.line(r.t))
	return s, r.newcomer()
}

// line is the next line that a stranger is sent.
func (s stranger) line(t *testing.T) string {
	t.Helper()
	line, err := s.in.ReadString('\n')
	require.NoError(t, err, "after %q", line)
	return line
}

// passing is line without those about who comes and goes.
func (s stranger) passing(t *testing.T) string {
	t.Helper()
	for {
		if line := s.line(t); !strings.HasSuffix(line, " is Online\n") && !strings.HasSuffix(line, " is Offline\n") {
			return line
		}
	}
}

func TestRoomAsAssigned(t *testing.T) {
	r := openParlour(t)
	one, two := r.joins(), r.joins()
	one.Types("Hey am client1")
	two.hears(speaker(one.port), "Hey am client1")
	two.Types("Hey am client2")
	one.hears(speaker(two.port), "Hey am client2")
	one.Types("Your homework is cool")
	two.hears(speaker(one.port), "Your homework is cool")
	two.Types("Yeah lets get 100% :)")
	one.hears(speaker(two.port), "Yeah lets get 100% :)")
	one.Types("") // sent to nobody
	one.Types("Yeah lets see :)")
	two.hears(speaker(one.port), "Yeah lets see :)")
	require.Len(t, r.server.Lines(), 3, "the server tells who connects, and no more")
	require.Len(t, one.Lines(), 4, "nobody sees what he has typed a second time")
	require.Len(t, two.Lines(), 4)
}

func TestRoomLeaving(t *testing.T) {
	r := openParlour(t)
	one, two, three, four := r.joins(), r.joins(), r.joins(), r.joins()
	two.Types("/quit")
	two.Exits(0)
	three.Signal(sigterm)
	three.Exits(0)
	four.Kill()
	for _, c := range []*occupant{two, three, four} {
		one.SeesOnce(fmt.Sprintf("[127.0.0.1:%s] is Offline", c.port))
		r.server.Contains(fmt.Sprintf("Client (127.0.0.1, %s) disconnected at time ", c.port))
	}
	one.CloseStdin() // is not leaving
	r.joins().Types("is one still there?")
	one.hears(speaker(r.clients[4].port), "is one still there?")
}

func TestRoomServerEnds(t *testing.T) {
	lab.NeedsOwn(t, "room-client")
	r := openParlour(t)
	one, two := r.joins(), r.joins()
	s, _ := r.call()
	r.server.Signal(sigterm)
	r.server.Exits(0)
	for _, c := range []*occupant{one, two} {
		c.Exits(1)
		c.SeesOnce(roomGoodbye)
		c.Stderr().Contains("has closed the connection; start room-client again")
		require.Len(t, c.Stderr().Lines(), 1)
	}
	require.Equal(t, roomGoodbye+"\n", s.answer(t))

	r.server.Start() // the port is free at once
	one.Start()
	one.Sees(roomGreeting)
	r.server.Kill()
	one.Exits(1)
	require.Len(t, one.Stderr().Lines(), 1)
}

func TestRoomClientWaitsForTheServer(t *testing.T) {
	lab.NeedsOwn(t, "room-server", "room-client")
	waits(t)
	r := openParlour(t, "-history", "5")
	r.server.Kill() // it only has to start when it is waited for
	early := &occupant{Process: r.Start(lab.Spec{Name: "early", Role: "room-client", Args: []string{"-server", r.at}})}
	early.Types("typed before there was a server")
	early.Stderr().Contains("no server at " + r.at + " yet; waiting 10s for it")
	r.server.Start()
	r.arrives(early)
	s, _ := r.call()
	require.Regexp(t, said(speaker(early.port), "typed before there was a server"), strings.TrimSpace(s.passing(t)))

	nobody := r.Start(lab.Spec{Name: "nobody", Role: "room-client", Args: []string{"-server", r.Address()}})
	nobody.ExitsWithin(roomDialPatience, "roomDialPatience", 1)
	nobody.Stderr().Contains("start room-server")
}

func TestRoomCommands(t *testing.T) {
	r := openParlour(t)
	one, two := r.joins(), r.joins()
	one.Types("/nick Ann")
	one.Sees("You are now known as Ann")
	two.Sees(fmt.Sprintf("[127.0.0.1:%s] is now known as Ann", one.port))
	two.Types("/nick ann")
	two.Sees("ann is taken; choose another name")
	one.Types("hello")
	two.hears("Ann", "hello")
	two.Types("/who")
	two.SeesInOrder(fmt.Sprintf("[Ann] is Online from 127.0.0.1:%s", one.port), fmt.Sprintf("[127.0.0.1:%s] is Online (you)", two.port))
	two.Types("/dance") // fault U11
	two.Contains("no command /dance; /help lists the commands")
	two.Types("//dance")
	one.hears(speaker(two.port), "/dance")
	two.Types("/nick Аnn") // fault O2: a Cyrillic А
	two.Sees("Аnn looks like Ann, which is taken; choose another name")
	one.Types("/quit")
	two.Sees("[Ann] is Offline")
	dances := 0
	for _, line := range one.Lines() {
		if strings.Contains(line.Text, "dance") {
			dances++
		}
	}
	require.Equal(t, 1, dances, "what is no command goes to its sender alone")
}
