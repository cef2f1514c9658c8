package stage

import (
	"fmt"
	"strings"
	"testing"

	"peerlab/e2e/lab"
	"peerlab/lab/certs"
)

// ChatAddress is the address of a chat's server whose clients cannot be told another.
const ChatAddress = "127.0.0.1:4000"

// Chat is a server and clients with the IDs 1 to n.
type Chat struct {
	*lab.Lab
	t       testing.TB
	At      string // the server's address
	Server  *lab.Process
	Clients map[int]*lab.Process
	Ports   map[int]ClientPorts
	// Set these before the client is started.
	ClientFlags map[int][]string
	Roles       map[int]string // of clients whose role is not "client"
	Certs       certs.Dir      // empty: plain TCP. See [Chat.Secure]
}

// ClientPorts are the ports of a client, whichever process uses them.
type ClientPorts struct {
	Source string // of its connection to the server: PORT1
	Listen string // for other members: PORT2
}

// Address returns where the client listens.
func (p ClientPorts) Address() string { return "127.0.0.1:" + p.Listen }

// NewChat prepares a chat, and starts no process.
func NewChat(t testing.TB, opts ...lab.Option) *Chat {
	t.Helper()
	lab.Parallel(t)
	c := &Chat{
		Lab: lab.New(t, opts...), t: t,
		Clients: map[int]*lab.Process{}, Ports: map[int]ClientPorts{}, ClientFlags: map[int][]string{}, Roles: map[int]string{},
	}
	var names []string
	for _, id := range IDs(5) {
		names = append(names, clientName(id))
	}
	c.At = serverAddress(c.Lab, ChatAddress, "client", names...)
	return c
}

// StartChat starts a server and n clients, waits until all are introduced to all, and marks
// their screens.
func StartChat(t testing.TB, n int) *Chat {
	t.Helper()
	c := NewChat(t)
	c.StartMembers(n)
	return c
}

// StartMembers is StartChat for a chat that is prepared.
func (c *Chat) StartMembers(n int) {
	c.t.Helper()
	c.StartServer()
	c.StartClients(IDs(n)...)
	c.Introduced(IDs(n)...)
	c.Mark()
}

// IDs returns 1 to n.
func IDs(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

func clientName(id int) string { return fmt.Sprintf("client%d", id) }

// ClientName returns how screens name a client.
func ClientName(id int) string { return fmt.Sprintf("Client %d", id) }

// ServerName is how screens name the server.
const ServerName = "Server"

// StartServer starts the server and waits until it listens.
func (c *Chat) StartServer() {
	c.t.Helper()
	c.Server = c.Start(c.ServerSpec())
	c.At = c.Server.ListensAt(c.At)
}

// ServerSpec returns how the server is started.
func (c *Chat) ServerSpec() lab.Spec {
	return c.secured(lab.Spec{
		Name: "server", Args: []string{"-listen", c.At, "-registry", "clients.txt"},
		Vars: places(c.At, "LISTEN", c.At, "REGISTRY", "clients.txt"),
	})
}

// StartClients starts clients for the first time, all at once.
func (c *Chat) StartClients(ids ...int) {
	c.t.Helper()
	specs := make([]lab.Spec, len(ids))
	for i, id := range ids {
		specs[i] = c.ClientSpec(id)
	}
	for i, p := range c.StartAll(specs...) {
		c.Clients[ids[i]] = p
	}
}

// ClientSpec returns how a client is started. Flags have no place in the command of another
// program.
func (c *Chat) ClientSpec(id int) lab.Spec {
	c.t.Helper()
	if _, ok := c.Ports[id]; !ok {
		c.NewPorts(id)
	}
	name, ports, flags := fmt.Sprint(id), c.Ports[id], c.ClientFlags[id]
	spec := lab.Spec{Name: clientName(id), Role: "client"}
	spec.Args = append(append([]string{"-server", c.At}, flags...), name, ports.Source, ports.Listen)
	if len(flags) == 0 {
		spec.Vars = places(c.At, "ID", name, "PORT1", ports.Source, "PORT2", ports.Listen)
	}
	if role := c.Roles[id]; role != "" {
		spec.Role = role
	}
	return c.secured(spec)
}

// NewPorts gives a client other ports, for its next start.
func (c *Chat) NewPorts(id int) { c.Ports[id] = ClientPorts{c.Port(), c.Port()} }

// OnAssignedPorts gives the server and clients 1 to n the ports of the assignment.
func (c *Chat) OnAssignedPorts(n int) {
	c.At = ChatAddress
	for _, id := range IDs(n) {
		c.Ports[id] = ClientPorts{fmt.Sprint(5000 + id), fmt.Sprint(6000 + id)}
	}
}

// Introduced waits until all processes that run show that these clients were initiated. It
// gives up if one of the clients exits.
func (c *Chat) Introduced(ids ...int) {
	c.t.Helper()
	newcomers := make([]*lab.Process, len(ids))
	for i, id := range ids {
		newcomers[i] = c.Clients[id]
	}
	for _, p := range append(c.Members(), newcomers...) {
		p.While(newcomers...).Sees(ClientLines(ids, "initiated.")...)
	}
}

// AllReconnect waits until the server, just started again, has clients 1 to n back, and
// requires that no screen shows anything else of it.
func (c *Chat) AllReconnect(n int) {
	c.t.Helper()
	lines := ClientLines(IDs(n), "reconnected")
	c.Server.Sees(lines...)
	b := c.Barrier()
	b.On(c.Server).Exactly(lines...)
	b.Except(c.Server).Exactly("Server: initiated")
}

// ClientLines returns "Client N: TEXT" for each of the clients.
func ClientLines(ids []int, text string) []string {
	lines := make([]string, len(ids))
	for i, id := range ids {
		lines[i] = ClientName(id) + ": " + text
	}
	return lines
}

// Members returns the processes that run.
func (c *Chat) Members() []*lab.Process {
	var members []*lab.Process
	for _, p := range c.Processes() {
		if p.Running() {
			members = append(members, p)
		}
	}
	return members
}

// NameOf returns how screens name a process.
func (c *Chat) NameOf(p *lab.Process) string {
	for id, q := range c.Clients {
		if p == q {
			return ClientName(id)
		}
	}
	return ServerName
}

// Barrier returns a barrier among all members.
func (c *Chat) Barrier() *lab.Barrier {
	c.t.Helper()
	return c.Among(c.Members()...)
}

// AllTalk types a line at each member, and requires that it shows once at every other
// and never at the member itself.
func (c *Chat) AllTalk(text string) {
	c.t.Helper()
	members := c.Members()
	for _, p := range members {
		p.Types(text)
	}
	b := c.Among(members...)
	for _, p := range members {
		line := c.NameOf(p) + ": " + text
		b.Except(p).Once(line)
		b.On(p).Never(line, text)
	}
}

// ServerExits types Exit at the server, and waits for what that shows.
func (c *Chat) ServerExits() {
	c.t.Helper()
	c.Server.Types("Exit")
	c.Server.Exits(0)
	for _, p := range c.Members() {
		p.SeesOnce("Server: terminated.")
	}
}

// ClientsLeave returns when the clients have closed their connections to a server that is
// gone, so that it finds its port as it always does, and not as their timing decides.
func (c *Chat) ClientsLeave() {
	for _, p := range c.Clients {
		if p != nil {
			p.Leaves()
		}
	}
}

// Registry returns the path of the server's registry.
func (c *Chat) Registry() string { return c.Server.Path("clients.txt") }

// Registered returns whether a registry has the client at its address.
func (c *Chat) Registered(id int) func(content string) bool {
	line := fmt.Sprintf("%d %s", id, c.Ports[id].Address())
	return func(content string) bool {
		for got := range strings.Lines(content) {
			if strings.TrimSpace(got) == line {
				return true
			}
		}
		return false
	}
}
