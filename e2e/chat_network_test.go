package e2e

import (
	"fmt"
	"testing"

	"peerlab/e2e/lab"
)

// onAssignedPorts gives the server and clients 1 to n the ports of the assignment.
func (c *chat) onAssignedPorts(n int) {
	c.at = assignedAddress
	for _, id := range ids(n) {
		c.seats[id] = seat{fmt.Sprint(5000 + id), fmt.Sprint(6000 + id)}
	}
}

// A network of its own for each lab makes this possible.
func TestTwentyChatsOnTheSamePorts(t *testing.T) {
	alone(t)
	chats := make([]*chat, 20)
	for i := range chats {
		chats[i] = newChat(t)
		lab.NeedsOwnNetwork(chats[i].Lab)
		chats[i].onAssignedPorts(5)
	}
	phase1(chats...)
}
