package swarm

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
	"peerlab/lab/event"
)

const pageTimeout = 30 * time.Second

// The page of all machines: terminals of three nodes, a process that is killed and started
// again, a node that is cut off, and one record in which no line was received before it was
// sent.
func TestThePageOfAllMachines(t *testing.T) {
	s := stage.StartSwarm(t, 1, "server=host1", "client1=host1", "client2=host2", "client3=host3", "client4=host2", "client5=host3")
	p := s.Page()
	for service, host := range map[string]string{"server": "host1", "client2": "host2", "client3": "host3"} {
		p.Await(service+" at "+host, pageTimeout, func() bool {
			return strings.Contains(p.State, `{"name":"`+service+`","node":"`+host+`","state":"running"`)
		})
	}
	p.Type("client1", "hello, all\r")
	p.Shows("Client 1: hello, all", "server", "client2", "client3", "client4", "client5")
	p.Type("client3", "hello, one\r")
	p.Shows("Client 3: hello, one", "server", "client1", "client2", "client4", "client5")

	p.Do(map[string]any{"do": "kill", "name": "client2"})
	p.Await("client2 has ended", pageTimeout, func() bool { return strings.Contains(p.State, `{"name":"client2","node":"host2","state":"exited"`) })
	p.Do(map[string]any{"do": "start", "name": "client2"})
	p.Await("client2 runs again", pageTimeout, func() bool {
		return strings.Contains(p.State, `{"name":"client2","node":"host2","state":"running","life":2`)
	})
	p.Type("client2", "back\r")
	p.Shows("Client 2: back", "server", "client1", "client3", "client4", "client5")

	s.Cut("host3")
	p.Await("host3 is away", pageTimeout, func() bool { return strings.Contains(p.State, `"name":"host3","problem":`) })
	p.Type("client1", "without host3\r")
	p.Shows("Client 1: without host3", "server", "client2", "client4")
	s.Heal("host3")
	p.Shows("Client 1: without host3", "client3", "client5")

	var events []event.Event
	p.Await("the record is whole", pageTimeout, func() bool {
		events = p.Events()
		return count(events, event.Shown, "Client 1: without host3") == 5
	})
	_, elsewhere := s.At("host3")
	requireOneOrder(t, events, elsewhere)
	assert.Equal(t, 5, count(events, event.Shown, "Client 1: hello, all"))
	assert.Equal(t, 1, count(events, event.Typed, "hello, all"))
	for _, host := range []string{"host1", "host2", "host3"} {
		assert.True(t, slices.ContainsFunc(events, func(e event.Event) bool {
			return e.Kind == event.Clock && strings.HasPrefix(e.Text, host+": clock ")
		}), host)
	}
	crossed := slices.ContainsFunc(events, func(e event.Event) bool {
		return e.Kind == event.Received && e.Link.From == "client1" && e.Link.To == "client3"
	})
	assert.True(t, crossed, "the record has what crossed the network from client1 to client3")
}

func count(events []event.Event, kind event.Kind, text string) (n int) {
	for _, e := range events {
		if e.Kind == kind && e.Text == text {
			n++
		}
	}
	return n
}

// requireOneOrder requires that a line is typed before it shows, and that bytes of these
// senders, whose nodes were never away, were sent before they are received; from the first
// line on, as the agents are started together with what they watch.
func requireOneOrder(t *testing.T, events []event.Event, senders []string) {
	t.Helper()
	type way struct {
		number   int
		from, to string
	}
	typed, sent, compared := make(map[string]bool), make(map[way]uint64), 0
	for i, e := range events {
		switch e.Kind {
		case event.Typed:
			typed[e.Text] = true
		case event.Shown:
			if _, line, says := strings.Cut(e.Text, ": "); says && slices.Contains(lines, line) {
				require.True(t, typed[line], "event %d: %s", i, e)
			}
		case event.Sent:
			sent[way{e.Link.Connection, e.Link.From, e.Link.To}] = e.Link.Offset + uint64(e.Bytes)
		case event.Received:
			before, known := sent[way{e.Link.Connection, e.Link.From, e.Link.To}]
			if len(typed) == 0 || !known || !slices.Contains(senders, e.Link.From) {
				continue
			}
			require.LessOrEqual(t, e.Link.Offset+uint64(e.Bytes), before, "event %d: %s", i, e)
			compared++
		}
	}
	require.Greater(t, compared, 100)
}

// lines are those that are typed.
var lines = []string{"hello, all", "hello, one", "back", "without host3"}
