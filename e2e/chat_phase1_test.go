package e2e

import (
	"runtime"
	"testing"

	"peerlab/e2e/lab"
)

func TestPhase1(t *testing.T) { phase1(newChat(t)) }

// phase1 is the first phase of the assignment, in several chats at the same time.
func phase1(chats ...*chat) {
	for _, c := range chats {
		c.startServer()
		c.startClients(ids(5)...)
		c.introduced(ids(5)...)
		c.settled().Exactly(c.lines(ids(5), "initiated.")...)
		c.server.FileWith("the ports that the clients listen at", c.listeningPorts(5)...)
	}
	for _, c := range chats {
		c.Mark()
		c.everyoneTalks("hello, everybody")
		c.everyoneTalks("the same again, in the same words")
	}
	for _, c := range chats {
		c.Mark()
		c.serverExits()
		c.everyoneTalks("who needs a server")
		c.settled().Once("Server: terminated.")
	}
}

// The chat is for programs of one machine, as the assignment says: nothing of it is
// offered to others.
func TestPhase1ListensOnLoopbackOnly(t *testing.T) {
	c := newChat(t, lab.Natively())
	c.seesProcesses()
	c.start(2)
	for _, p := range c.up() {
		p.ListensOnLoopback()
	}
}

// A client whose connection to the server has ended waits for the others.
func TestPhase1LeavesTheProcessorIdle(t *testing.T) {
	c := newChat(t, lab.Natively())
	c.seesProcesses()
	c.start(3)
	c.Idle(c.up()...)
	c.serverExits()
	c.Idle(c.up()...)
}

// seesProcesses leaves the test out where the sockets and the processor time of other
// processes are not seen.
func (c *chat) seesProcesses() {
	c.t.Helper()
	if runtime.GOOS != "linux" {
		lab.LeaveOut(c.t, "the sockets and the processor time of a program are seen on Linux only")
	}
}

// listeningPorts are PORT2 of clients 1 to n.
func (c *chat) listeningPorts(n int) []string {
	ports := make([]string, n)
	for i, id := range ids(n) {
		ports[i] = c.seats[id].port2
	}
	return ports
}

func TestClientsStartedOneByOneShowWhoIsThere(t *testing.T) {
	c := newChat(t)
	c.startServer()
	for _, id := range ids(3) {
		c.startClients(id)
		c.introduced(ids(id)...)
	}
	c.settled().Exactly(c.lines(ids(3), "initiated.")...)
}

func TestTheServerLeavesInGoodOrderOnSIGTERM(t *testing.T) {
	c := startChat(t, 2)
	c.server.Signal(sigterm)
	c.server.Exits(0)
	for _, p := range c.up() {
		p.SeesOnce("Server: terminated.")
	}
	c.everyoneTalks("on we go")
}
