package e2e

import (
	"fmt"
	"testing"

	"peerlab/e2e/lab"
	"peerlab/lab/wire"
)

// settledChat starts a server and n clients whose links, which break in the scenario, are
// all up.
func settledChat(t *testing.T, n int) *chat {
	t.Helper()
	c := newChat(t)
	c.Wire() // or the test is left out
	c.start(n)
	c.settled()
	c.Mark()
	return c
}

// resets resets the link between two members, which is there; the one notices at once.
func (c *chat) resets(one, other string) {
	c.t.Helper()
	c.Eventually("the link between "+one+" and "+other+" is reset", func() bool {
		n, err := c.Wire().Reset(one, other)
		c.noError(err)
		return n > 0
	})
}

// apart puts a fault on all links between two groups of members, both ways.
func (c *chat) apart(f wire.Fault, some, others []string) {
	c.t.Helper()
	for _, one := range some {
		for _, other := range others {
			c.noError(c.Wire().Set(one, other, f))
			c.noError(c.Wire().Set(other, one, f))
		}
	}
}

func TestABrokenLinkComesBack(t *testing.T) {
	c := settledChat(t, 3)
	one, two := []string{"client1"}, []string{"client2"}
	for how, breaks := range []func(){
		func() { c.resets("client1", "client2") },
		func() { c.resets("client2", "client1") },
		func() { c.apart(wire.Fault{Drop: true}, one, two) }, // a cable is cut
	} {
		c.Mark()
		c.apart(wire.Fault{Of: wire.Dials, Drop: true}, one, two)
		breaks()
		lines := numbered(20, 0)
		typesAll(c.clients[1], lines)
		typesAll(c.clients[2], lines)
		c.seesAllOf(c.clients[3], lines[len(lines)-1], c.clients[1], c.clients[2])
		c.noError(c.Wire().Heal())
		f := c.settled()
		f.Except(c.clients[1]).Sequence("Client 1: ", lines)
		f.Except(c.clients[2]).Sequence("Client 2: ", lines)
		f.Nothing("initiated")
		f.Nothing("reconnected")
		t.Log("it broke in way", how+1)
	}
}

// The link is slow, so that much is on its way when it is reset, and lines are cut.
func TestLinksThatBreakWhileTheyAreBusyLoseNothing(t *testing.T) {
	c := settledChat(t, 2)
	const part, cuts = 500, 4
	lines := numbered(part*cuts, 500)
	for i := range cuts {
		now := lines[i*part : (i+1)*part]
		c.apart(wire.Fault{Rate: 200_000}, []string{"client1"}, []string{"client2"})
		typesAll(c.clients[1], now)
		typesAll(c.clients[2], now)
		c.clients[1].Sees("Client 2: " + now[0]) // the others are on their way
		one, other := "client1", "client2"
		if i%2 == 0 {
			one, other = other, one
		}
		c.resets(one, other)
		c.noError(c.Wire().Heal())
	}
	c.seesAllOf(c.clients[2], lines[len(lines)-1], c.clients[1])
	c.seesAllOf(c.clients[1], lines[len(lines)-1], c.clients[2])
	f := c.settled()
	f.Except(c.clients[1]).Sequence("Client 1: ", lines)
	f.Except(c.clients[2]).Sequence("Client 2: ", lines)
}

func TestAPartitionHeals(t *testing.T) {
	c := settledChat(t, 5)
	c.serverExits()
	c.Mark()
	sides := [][]int{{1, 2}, {3, 4, 5}}
	c.apart(wire.Fault{Drop: true}, []string{"client1", "client2"}, []string{"client3", "client4", "client5"})
	var group [2][]*lab.Process
	for side, ids := range sides {
		for _, id := range ids {
			group[side] = append(group[side], c.clients[id])
			c.clients[id].Types(fmt.Sprintf("said by %d in part %d", id, side+1))
		}
	}
	c.Among(group[0]...).Nothing("in part 2")
	c.Among(group[1]...).Nothing("in part 1")

	c.noError(c.Wire().Heal())
	var said []string
	for side, ids := range sides {
		for _, id := range ids {
			said = append(said, fmt.Sprintf("Client %d: said by %d in part %d", id, id, side+1))
		}
	}
	f := c.settled()
	for i, id := range ids(5) {
		others := append(append([]string{}, said[:i]...), said[i+1:]...)
		f.On(c.clients[id]).Exactly(others...)
	}
}
