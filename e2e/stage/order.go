package stage

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

const (
	// OrderReady is the first line on its screen.
	OrderReady = "The server is ready to receive"
	// orderAddress is the address of an order server whose clients cannot be told another.
	orderAddress = "127.0.0.1:4400"
	// verdictTimeout is the time for a verdict when both messages have arrived.
	verdictTimeout = 20 * time.Second
)

// Order is a server that decides which message came first, and its clients.
type Order struct {
	*lab.Lab
	t       testing.TB
	At      string // the server's address
	Server  *lab.Process
	clients map[string]int // how many were started, by role and name
}

// NewOrder prepares an order system, and starts no process.
func NewOrder(t testing.TB, opts ...lab.Option) *Order {
	t.Helper()
	lab.Parallel(t)
	o := &Order{Lab: lab.New(t, opts...), t: t, clients: map[string]int{}}
	o.At = serverAddress(o.Lab, orderAddress, "order-client", "order-client-x", "order-client-y")
	return o
}

// StartOrder starts a server of so many rounds; 0 is any number.
func StartOrder(t testing.TB, rounds int) *Order {
	t.Helper()
	o := NewOrder(t)
	o.StartServer(rounds)
	return o
}

// StartServer starts the server and waits until it is ready.
func (o *Order) StartServer(rounds int) {
	o.t.Helper()
	o.Server = o.Start(lab.Spec{
		Name: "order-server", Args: []string{"-listen", o.At, "-rounds", fmt.Sprint(rounds)},
		Vars: places(o.At, "LISTEN", o.At, "ROUNDS", fmt.Sprint(rounds)),
	})
	o.Server.Sees(OrderReady)
	if o.Server.Foreign() {
		o.At = o.Server.FindListener(o.At)
	}
}

// StartClient starts a client that sends a text under a name.
func (o *Order) StartClient(name, text string) *lab.Process {
	o.t.Helper()
	return o.Start(o.ClientSpec("order-client", name, text))
}

// ClientSpec returns how a client is started. Its process is named order-client-x for the
// name X, so that two programs can play X and Y, and order-client-x2 when it is the second.
func (o *Order) ClientSpec(role, name, text string) lab.Spec {
	id := role + "-" + strings.ToLower(strings.ReplaceAll(name, " ", "-"))
	if o.clients[id]++; o.clients[id] > 1 {
		id = fmt.Sprint(id, o.clients[id])
	}
	return lab.Spec{
		Name: id, Role: role, Args: []string{"-server", o.At, name, text},
		Vars: places(o.At, "NAME", name, "TEXT", text),
	}
}

// Ends requires a process to exit with a status, and its screen to hold exactly these lines.
func (o *Order) Ends(p *lab.Process, status int, lines ...string) {
	o.t.Helper()
	p.Exits(status)
	o.Shows(p, lines...)
}

// Shows requires a screen to hold exactly these lines now.
func (o *Order) Shows(p *lab.Process, lines ...string) {
	o.t.Helper()
	showsExactly(o.Lab, p, lines...)
}

// Says connects to the server by hand and sends text.
func (o *Order) Says(text string) Caller {
	o.t.Helper()
	c := Call(o.t, o, o.At)
	c.Send(text)
	return c
}

// Receives requires that a caller receives exactly this until the end of its connection.
func (o *Order) Receives(c Caller, want string) {
	o.t.Helper()
	require.NoError(o.t, c.SetDeadline(time.Now().Add(verdictTimeout)))
	if got := c.Rest(); got != want {
		o.Fail("a client received %q, not %q", got, want)
	}
	require.NoError(o.t, c.Close())
}

// Agree requires that X and Y, which sent the same text, exit with the same verdict,
// whichever, and returns both messages in its order.
func (o *Order) Agree(x, y *lab.Process, text string) (first, second string) {
	o.t.Helper()
	x.Exits(0)
	y.Exits(0)
	require.Len(o.t, x.Lines(), 2)
	verdict := x.Lines()[1].Text
	first, second, _ = strings.Cut(verdict, " received before ")
	require.ElementsMatch(o.t, []string{"X: " + text, "Y: " + text}, []string{first, second})
	o.Shows(x, "Client X: "+text, verdict)
	o.Shows(y, "Client Y: "+text, verdict)
	return first, second
}
