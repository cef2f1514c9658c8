package order

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// Text of others cannot control a terminal, the server's or a client's.
func TestTextCannotSteer(t *testing.T) {
	c := stage.StartOrder(t, 1)
	x := c.StartClient("X", "Ahnaf")
	c.Server.Sees("Message Received: Client X: Ahnaf")
	y := c.Says("Client Y\x1b[2J: a\x00b\t\x9b31m \xc2\x9b \xe2\x80\xae\x7f\rend\r\n")
	const shown = `Y\x1b[2J: a\x00b\t\x9b31m \u009b \u202e\x7f\x0dend`
	c.Receives(y, "X: Ahnaf received before "+shown+"\n")
	c.Ends(x, 0, "Client X: Ahnaf", "X: Ahnaf received before "+shown)
	c.Ends(c.Server, 0, stage.OrderReady,
		"Message Received: Client X: Ahnaf", "Message Received: Client "+shown, `Sent acknowledgment to both X and Y\x1b[2J`)
}

func TestWrongUsage(t *testing.T) {
	lab.NeedsOwn(t, "order-server", "order-client")
	c := stage.NewOrder(t)
	wrong := map[string][][]string{
		"order-server": {{"4400"}, {"-listen", "nowhere"}, {"-listen", "127.0.0.1:70000"}, {"-rounds", "-1"}, {"-rounds", "x"}, {"-round", "1"}},
		"order-client": {
			{},
			{"X"},
			{"X", "Ahnaf", "more"},
			{"", "Ahnaf"},
			{"X", "a\nb"},
			{"X\x1b", "a"},
			{"a: b", "c"},
			{"ERR", "c"},
			{"X", "hello received before Q: bye"}, // fault O1
			{"X", "-y"},
			{"X", strings.Repeat("x", 498)},
			{"-server", "nowhere", "X", "Ahnaf"},
			{"-sever", c.At, "X", "Ahnaf"},
		},
	}
	var specs []lab.Spec
	for role, all := range wrong {
		for i, args := range all {
			specs = append(specs, lab.Spec{Name: fmt.Sprintf("%s%d", role, i), Role: role, Args: args})
		}
	}
	for _, p := range c.StartAll(specs...) {
		c.Ends(p, 2)
		assert.Len(t, p.Stderr().Lines(), 1, "%v says what is wrong", p)
	}
}
