package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

const (
	orderReady    = "The server is ready to receive"
	orderSilence  = 200 * time.Millisecond // that ends a message which has no other end
	orderPatience = 30 * time.Second       // of a server with silence, and of a client that waits for another
	orderTimeout  = 20 * time.Second       // for a client to have its verdict once both messages are there, on a loaded machine
)

// court is a server that decides which message came first, and its clients.
type court struct {
	*lab.Lab
	t       *testing.T
	at      string // where the server listens
	server  *lab.Process
	clients int
}

// newCourt prepares a court in which nobody is up yet.
func newCourt(t *testing.T, opts ...lab.Option) *court {
	t.Helper()
	waits(t)
	l := lab.New(t, opts...)
	return &court{Lab: l, t: t, at: l.Address()}
}

// openCourt starts a server of so many rounds; 0 is any number.
func openCourt(t *testing.T, rounds int) *court {
	t.Helper()
	c := newCourt(t)
	c.open(rounds)
	return c
}

func (c *court) open(rounds int) {
	c.t.Helper()
	c.server = c.Start(lab.Spec{Name: "order-server", Args: []string{"-listen", c.at, "-rounds", fmt.Sprint(rounds)}})
	c.server.Sees(orderReady)
}

// client starts a client of ours.
func (c *court) client(name, text string) *lab.Process {
	c.t.Helper()
	return c.Start(c.speaker(name, text))
}

// speaker is a client of ours that is to be started.
func (c *court) speaker(name, text string) lab.Spec {
	c.clients++
	return lab.Spec{
		Name: fmt.Sprintf("order-client%d", c.clients), Role: "order-client",
		Args: []string{"-server", c.at, name, text},
	}
}

// ends requires a process to end with that status, and its screen to hold exactly
// these lines.
func (c *court) ends(p *lab.Process, status int, shows ...string) {
	c.t.Helper()
	p.Exits(status)
	c.shows(p, shows...)
}

// shows requires a screen to hold exactly these lines now.
func (c *court) shows(p *lab.Process, want ...string) {
	c.t.Helper()
	var got []string
	for _, line := range p.Lines() {
		got = append(got, line.Text)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		c.Fail("%v shows %q, not %q", p, got, want)
	}
}

// said calls the server as somebody else's program does, and says something.
func (c *court) said(text string) stranger {
	c.t.Helper()
	s := callIn(c.t, c, c.at)
	s.says(c.t, text)
	return s
}

func (s stranger) says(t *testing.T, text string) {
	t.Helper()
	_, err := s.Write([]byte(text))
	require.NoError(t, err)
}

// hears requires what a caller is told until the end of the connection to be
// exactly this.
func (c *court) hears(s stranger, want string) {
	c.t.Helper()
	require.NoError(c.t, s.SetDeadline(time.Now().Add(orderTimeout)))
	if got := s.answer(c.t); got != want {
		c.Fail("a client was told %q, not %q", got, want)
	}
	require.NoError(c.t, s.Close())
}

// resets ends a connection as one does that is killed with something unread.
func (s stranger) resets(t *testing.T) {
	t.Helper()
	require.NoError(t, s.SetLinger(0))
	require.NoError(t, s.Close())
}

func TestOrderAsInTheAssignment(t *testing.T) {
	c := openCourt(t, 1)
	x := c.client("X", "Ahnaf")
	c.server.Sees("Message Received: Client X: Ahnaf")
	y := c.client("Y", "Ahnaf")
	c.ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.ends(y, 0, "Client Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf")
	c.ends(c.server, 0, orderReady,
		"Message Received: Client X: Ahnaf", "Message Received: Client Y: Ahnaf", "Sent acknowledgment to both X and Y")

	// Again on the same port at once, and the other way round.
	c.server.Start()
	c.server.Sees(orderReady)
	y.Start()
	c.server.Sees("Message Received: Client Y: Ahnaf")
	x.Start()
	c.ends(x, 0, "Client X: Ahnaf", "Y: Ahnaf received before X: Ahnaf")
	c.ends(y, 0, "Client Y: Ahnaf", "Y: Ahnaf received before X: Ahnaf")
	c.ends(c.server, 0, orderReady,
		"Message Received: Client Y: Ahnaf", "Message Received: Client X: Ahnaf", "Sent acknowledgment to both X and Y")
}

// agree requires X and Y, which said the same, to end with the same verdict,
// either, and returns who is first and second in it.
func (c *court) agree(x, y *lab.Process, text string) (first, second string) {
	c.t.Helper()
	x.Exits(0)
	y.Exits(0)
	require.Len(c.t, x.Lines(), 2)
	verdict := x.Lines()[1].Text
	first, second, _ = strings.Cut(verdict, " received before ")
	require.ElementsMatch(c.t, []string{"X: " + text, "Y: " + text}, []string{first, second})
	c.shows(x, "Client X: "+text, verdict)
	c.shows(y, "Client Y: "+text, verdict)
	return first, second
}

// Nothing tells who is first when all start at once: but all agree.
func TestOrderClientsThatAreThereBeforeTheServer(t *testing.T) {
	lab.NeedsOwn(t, "order-client")
	c := openCourt(t, 1)
	c.server.Kill() // it only has to start now, and clients wait ten seconds
	both := c.StartAll(c.speaker("X", "Ahnaf"), c.speaker("Y", "Ahnaf"))
	x, y := both[0], both[1]
	c.server.Start()
	first, second := c.agree(x, y, "Ahnaf")
	c.ends(c.server, 0, orderReady,
		"Message Received: Client "+first, "Message Received: Client "+second, "Sent acknowledgment to both X and Y")
}

func TestOrderRoundsOfClients(t *testing.T) {
	c := openCourt(t, 4)
	for round, names := range [][2]string{{"X", "Y"}, {"Y", "X"}, {"X", "X"}, {"Ada Lovelace", "Ää"}} {
		text := fmt.Sprintf("in round %d", round)
		first := c.client(names[0], text)
		c.server.Sees(fmt.Sprintf("Message Received: Client %s: %s", names[0], text))
		second := c.client(names[1], text)
		verdict := fmt.Sprintf("%s: %s received before %s: %s", names[0], text, names[1], text)
		c.ends(first, 0, fmt.Sprintf("Client %s: %s", names[0], text), verdict)
		c.ends(second, 0, fmt.Sprintf("Client %s: %s", names[1], text), verdict)
	}
	c.server.Exits(0)
	require.Equal(t, 2, c.server.Count("Sent acknowledgment to both X and Y"), "by name, whoever was first")
	require.Equal(t, 1, c.server.Count("Sent acknowledgment to both X and X"))
}

func TestOrderOnAPortThatIsFree(t *testing.T) {
	c := newCourt(t)
	c.server = c.Start(lab.Spec{Name: "order-server", Args: []string{"-listen", "127.0.0.1:0"}})
	c.at = strings.TrimPrefix(c.server.Contains("Listening on "), "Listening on ")
	_, port, err := net.SplitHostPort(c.at)
	require.NoError(t, err)
	require.NotEqual(t, "0", port)
	x, y := c.client("X", "Ahnaf"), c.client("Y", "Ahnaf")
	x.Exits(0)
	y.Exits(0)
	c.server.Exits(0)
	require.Equal(t, orderReady, c.server.Lines()[0].Text)
}
