package e2e

import (
	"fmt"
	"strings"
	"testing"

	"peerlab/e2e/lab"
)

// throughProxies has n clients be reached, by the server and by each other,
// through a proxy each.
func throughProxies(t *testing.T, n int) (*chat, map[int]*lab.Proxy) {
	t.Helper()
	c := newChat(t)
	proxies := map[int]*lab.Proxy{}
	for _, id := range ids(n) {
		c.clientArgs(id) // takes its seat
		proxies[id] = c.NewProxy(c.seats[id].address())
		c.flags[id] = []string{"-advertise", proxies[id].Address}
	}
	c.startServer()
	c.startClients(ids(n)...)
	c.introduced(ids(n)...)
	c.settled()
	c.Mark()
	return c, proxies
}

// caller is the ID of the client whose first line this is; "server" is the server.
func caller(first string) string {
	if words := strings.Fields(first); len(words) > 2 && words[0] == "HELLO" {
		return words[2]
	}
	return ""
}

// by matches the connections that were dialled by one of these clients.
func by(ids ...int) func(first string) bool {
	return func(first string) bool {
		for _, id := range ids {
			if caller(first) == fmt.Sprint(id) {
				return true
			}
		}
		return false
	}
}

func TestABrokenLinkComesBack(t *testing.T) {
	c, proxies := throughProxies(t, 3)
	for round, how := range []lab.Cut{lab.RST, lab.FIN, lab.RST} {
		c.Mark()
		proxies[1].Break(how, by(2))
		proxies[2].Break(how, by(1))
		lines := numbered(20, 0)
		typesAll(c.clients[1], lines)
		typesAll(c.clients[2], lines)
		c.seesAllOf(c.clients[3], lines[len(lines)-1], c.clients[1], c.clients[2])
		proxies[1].Heal()
		proxies[2].Heal()
		f := c.settled()
		f.Except(c.clients[1]).Sequence("Client 1: ", lines)
		f.Except(c.clients[2]).Sequence("Client 2: ", lines)
		f.Nothing("initiated")
		f.Nothing("reconnected")
		t.Log("round", round+1, "is over")
	}
}

func TestLinksThatBreakWhileTheyAreBusyLoseNothing(t *testing.T) {
	c, proxies := throughProxies(t, 2)
	const part = 500
	cuts := []lab.Cut{lab.RST, lab.FIN, lab.RST, lab.FIN}
	lines := numbered(part*len(cuts), 500)
	for i, how := range cuts {
		now := lines[i*part : (i+1)*part]
		typesAll(c.clients[1], now)
		typesAll(c.clients[2], now)
		c.clients[1].Sees("Client 2: " + now[0]) // the others are on their way
		for _, p := range proxies {
			p.Break(how, lab.Everyone)
			p.Heal()
		}
	}
	c.seesAllOf(c.clients[2], lines[len(lines)-1], c.clients[1])
	c.seesAllOf(c.clients[1], lines[len(lines)-1], c.clients[2])
	f := c.settled()
	f.Except(c.clients[1]).Sequence("Client 1: ", lines)
	f.Except(c.clients[2]).Sequence("Client 2: ", lines)
}

func TestAPartitionHeals(t *testing.T) {
	c, proxies := throughProxies(t, 5)
	c.serverExits()
	c.Mark()
	two, three := []int{1, 2}, []int{3, 4, 5}
	for _, id := range two {
		proxies[id].Break(lab.RST, by(three...))
	}
	for _, id := range three {
		proxies[id].Break(lab.RST, by(two...))
	}
	var group [2][]*lab.Process
	for side, ids := range [][]int{two, three} {
		for _, id := range ids {
			group[side] = append(group[side], c.clients[id])
			c.clients[id].Types(fmt.Sprintf("said by %d in part %d", id, side+1))
		}
	}
	c.Among(group[0]...).Nothing("in part 2")
	c.Among(group[1]...).Nothing("in part 1")

	for _, p := range proxies {
		p.Heal()
	}
	var said []string
	for side, ids := range [][]int{two, three} {
		for _, id := range ids {
			said = append(said, fmt.Sprintf("Client %d: said by %d in part %d", id, id, side+1))
		}
	}
	f := c.settled()
	for i, id := range append(two, three...) {
		others := append(append([]string{}, said[:i]...), said[i+1:]...)
		f.On(c.clients[id]).Exactly(others...)
	}
}
