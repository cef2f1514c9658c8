package e2e

import (
	"fmt"
	"slices"
	"testing"

	"peerlab/e2e/lab"
)

// chat is a server and clients 1 to n at their terminals.
type chat struct {
	*lab.Lab
	t       *testing.T
	server  *lab.Process
	at      string // where the server listens
	clients map[int]*lab.Process
	seats   map[int]seat
	flags   map[int][]string // of a client, from whoever prepares the scenario
	also    []string         // flags of the server, likewise
	roles   map[int]string   // who plays a client, if it is not the client
}

// seat is what is a client's own, whichever process sits there.
type seat struct{ port1, port2 string }

func (s seat) address() string { return "127.0.0.1:" + s.port2 }

// assignedAddress is where a server listens whose clients cannot be told where.
const assignedAddress = "127.0.0.1:4000"

// newChat prepares a chat in which nobody is up yet.
func newChat(t *testing.T, opts ...lab.Option) *chat {
	t.Helper()
	waits(t)
	l := lab.New(t, opts...)
	c := &chat{
		Lab: l, t: t, at: l.Address(),
		clients: map[int]*lab.Process{}, seats: map[int]seat{}, flags: map[int][]string{}, roles: map[int]string{},
	}
	for _, id := range ids(5) {
		if !l.Tells(fmt.Sprintf("client%d", id), "client", "SERVER", "PORT") {
			c.at = assignedAddress
		}
	}
	return c
}

// startChat starts a server and n clients and waits until all are introduced
// to all. Their screens begin after that.
func startChat(t *testing.T, n int) *chat {
	t.Helper()
	c := newChat(t)
	c.start(n)
	return c
}

// start is startChat in a chat that is prepared.
func (c *chat) start(n int) {
	c.t.Helper()
	c.startServer()
	c.startClients(ids(n)...)
	c.introduced(ids(n)...)
	c.Mark()
}

// ids are 1 to n.
func ids(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

func (c *chat) startServer() {
	c.t.Helper()
	c.server = c.Start(c.serverSpec())
	c.at = c.server.ListensAt(c.at)
}

// serverSpec is how the server is started.
func (c *chat) serverSpec() lab.Spec {
	return lab.Spec{Name: "server", Args: c.serverArgs(), Vars: c.vars(c.also, "LISTEN", c.at, "REGISTRY", "clients.txt")}
}

// vars are values for the places in a command, given as names and values, and the
// server's host and port; none if the scenario needs flags, which have no place.
func (c *chat) vars(flags []string, values ...string) map[string]string {
	if len(flags) > 0 {
		return nil
	}
	vars := map[string]string{"HOST": host(c.at), "PORT": port(c.at)}
	for pair := range slices.Chunk(values, 2) {
		vars[pair[0]] = pair[1]
	}
	return vars
}

func (c *chat) serverArgs() []string {
	return append([]string{"-listen", c.at, "-registry", "clients.txt"}, c.also...)
}

// startClients starts clients that were never up, at the same time.
func (c *chat) startClients(ids ...int) {
	c.t.Helper()
	specs := make([]lab.Spec, len(ids))
	for i, id := range ids {
		specs[i] = c.clientSpec(id)
	}
	for i, p := range c.StartAll(specs...) {
		c.clients[ids[i]] = p
	}
}

// clientSpec is how a client is started in its own seat.
func (c *chat) clientSpec(id int) lab.Spec {
	c.t.Helper()
	spec := lab.Spec{Name: fmt.Sprintf("client%d", id), Role: "client", Args: c.clientArgs(id, c.flags[id]...)}
	spec.Vars = c.vars(c.flags[id], "SERVER", c.at, "ID", fmt.Sprint(id), "PORT1", c.seats[id].port1, "PORT2", c.seats[id].port2)
	if role := c.roles[id]; role != "" {
		spec.Role = role
	}
	return spec
}

// clientArgs are the arguments of a client in its own seat.
func (c *chat) clientArgs(id int, flags ...string) []string {
	c.t.Helper()
	if _, ok := c.seats[id]; !ok {
		c.seats[id] = seat{c.Port(), c.Port()}
	}
	return append(append([]string{"-server", c.at}, flags...), fmt.Sprint(id), c.seats[id].port1, c.seats[id].port2)
}

// introduced waits until all processes that run show that these clients were
// initiated. It gives up if one of the clients exits.
func (c *chat) introduced(ids ...int) {
	c.t.Helper()
	newcomers := make([]*lab.Process, len(ids))
	for i, id := range ids {
		newcomers[i] = c.clients[id]
	}
	for _, p := range append(c.up(), newcomers...) {
		p.While(newcomers...).Sees(c.lines(ids, "initiated.")...)
	}
}

// lines are "Client N: TEXT" for each of the clients.
func (c *chat) lines(ids []int, text string) []string {
	lines := make([]string, len(ids))
	for i, id := range ids {
		lines[i] = fmt.Sprintf("Client %d: %s", id, text)
	}
	return lines
}

// up is everybody who runs.
func (c *chat) up() []*lab.Process {
	var up []*lab.Process
	for _, p := range c.Processes() {
		if p.Running() {
			up = append(up, p)
		}
	}
	return up
}

// who is how a process is called on the screens of others.
func (c *chat) who(p *lab.Process) string {
	for id, q := range c.clients {
		if p == q {
			return fmt.Sprintf("Client %d", id)
		}
	}
	return "Server"
}

// settled is a barrier among all processes that run.
func (c *chat) settled() *lab.Barrier {
	c.t.Helper()
	return c.Among(c.up()...)
}

// everyoneTalks has each of those who run type a line, and requires that it
// shows once at every other and never at its own terminal.
func (c *chat) everyoneTalks(about string) {
	c.t.Helper()
	up := c.up()
	for _, p := range up {
		p.Types(about)
	}
	f := c.Among(up...)
	for _, p := range up {
		line := c.who(p) + ": " + about
		f.Except(p).Once(line)
		f.On(p).Never(line, about)
	}
}

// serverExits has the server told to exit, and waits for what that shows.
func (c *chat) serverExits() {
	c.t.Helper()
	c.server.Types("Exit")
	c.server.Exits(0)
	for _, p := range c.up() {
		p.SeesOnce("Server: terminated.")
	}
}

// registry is the path of the server's registry file.
func (c *chat) registry() string { return c.server.Path("clients.txt") }
