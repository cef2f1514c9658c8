package e2e

import (
	"fmt"

	"peerlab/e2e/lab"
)

// gate is the way to where a process listens: a route, for trouble that all who
// call have alike, and behind it a proxy, to keep some out.
type gate struct {
	*lab.Route
	proxy *lab.Proxy
}

// gated is a chat in which every connection goes through gates: that of whoever
// is called, and for a client's first call to the server a route of its own.
type gated struct {
	*chat
	x       *lab.Toxiproxy
	gates   map[string]*gate   // by who it leads to, as on screens
	ways    map[int]*lab.Route // of a client to the server
	retired []*gate            // of processes that have moved
	opened  int
}

const server = "Server"

func client(id int) string { return fmt.Sprintf("Client %d", id) }

// newGated prepares a chat of n clients behind gates, in which nobody is up yet.
func newGated(c *chat, n int, seed uint64) *gated {
	g := &gated{chat: c, x: c.StartToxiproxy(seed), gates: map[string]*gate{}, ways: map[int]*lab.Route{}}
	g.gateServer()
	for _, id := range ids(n) {
		g.ways[id] = g.x.Route(fmt.Sprintf("%d-to-server", id), g.gates[server].proxy.Address)
		g.gateClient(id)
	}
	return g
}

// gate opens a gate to an address, for whoever is there from now on.
func (g *gated) gate(who, address string) *gate {
	g.opened++
	if old := g.gates[who]; old != nil {
		g.retired = append(g.retired, old)
	}
	p := g.NewProxy(address)
	g.gates[who] = &gate{g.x.Route(fmt.Sprintf("gate-%d-of-%s", g.opened, who[len(who)-1:]), p.Address), p}
	return g.gates[who]
}

// gateServer opens a gate to where the server listens, or is about to.
func (g *gated) gateServer() {
	to := g.gate(server, g.at)
	g.also = []string{"-advertise", to.Address}
	for _, way := range g.ways {
		way.Leads(to.proxy.Address)
	}
}

// gateClient opens a gate to the seat of a client.
func (g *gated) gateClient(id int) {
	if _, ok := g.seats[id]; !ok {
		g.seats[id] = seat{g.Port(), g.Port()}
	}
	to := g.gate(client(id), g.seats[id].address())
	g.flags[id] = []string{"-advertise", to.Address, "-server", g.ways[id].Address}
}
