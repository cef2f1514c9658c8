package chat

import (
	"runtime"
	"syscall"
	"testing"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

func TestPhase1(t *testing.T) { stage.Phase1(stage.NewChat(t)) }

// The chat is for programs of one machine, as the assignment says: nothing of it is
// offered to others.
func TestPhase1ListensOnLoopbackOnly(t *testing.T) {
	needsProcesses(t)
	c := stage.NewChat(t, lab.Natively())
	c.StartMembers(2)
	for _, p := range c.Members() {
		p.ListensOnLoopback()
	}
}

// A client whose connection to the server has ended waits for the others.
func TestPhase1LeavesTheProcessorIdle(t *testing.T) {
	needsProcesses(t)
	c := stage.NewChat(t, lab.Natively())
	c.StartMembers(3)
	c.Idle(c.Members()...)
	c.ServerExits()
	c.Idle(c.Members()...)
}

func TestClientsStartedOneByOneShowWhoIsThere(t *testing.T) {
	c := stage.NewChat(t)
	c.StartServer()
	for _, id := range stage.IDs(3) {
		c.StartClients(id)
		c.Introduced(stage.IDs(id)...)
	}
	c.Barrier().Exactly(stage.ClientLines(stage.IDs(3), "initiated.")...)
}

func TestTheServerLeavesInGoodOrderOnSIGTERM(t *testing.T) {
	c := stage.StartChat(t, 2)
	c.Server.Signal(syscall.SIGTERM)
	c.Server.Exits(0)
	for _, p := range c.Members() {
		p.SeesOnce("Server: terminated.")
	}
	c.AllTalk("on we go")
}

// needsProcesses leaves the test out where the sockets and the processor time of other
// processes cannot be read.
func needsProcesses(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		lab.LeaveOut(t, "the sockets and the processor time of a program are seen on Linux only")
	}
}

// Each lab has a network of its own, so several chats use the ports of the assignment at once.
func TestChatsOnTheSamePorts(t *testing.T) {
	chats := make([]*stage.Chat, 4)
	for i := range chats {
		chats[i] = stage.NewChat(t)
		lab.NeedsOwnNetwork(chats[i].Lab)
		chats[i].OnAssignedPorts(5)
	}
	stage.Phase1(chats...)
}
