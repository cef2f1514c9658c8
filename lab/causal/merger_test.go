package causal

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
	"peerlab/lab/wire"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }

func address(node int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(node)}) }

// link is that of node a's program, which has opened connection 7 to b's, as the node records it.
func link(from, to string, offset int) *event.Link {
	return &event.Link{From: from, To: to, Connection: 7, Offset: uint64(offset)}
}

const where = "10.0.0.1:40000 10.0.0.2:6002"

// two returns a merger of the nodes a and b, whose programs client1 and client2 have a
// connection.
func two(now time.Time) *Merger {
	m := NewMerger()
	m.Join("a", []netip.Addr{address(1)}, true)
	m.Join("b", []netip.Addr{address(2)}, true)
	m.Add("a", event.Event{Time: now, Kind: event.Connected, Link: link("client1", wire.Other, 0), Text: where}, now)
	m.Add("b", event.Event{Time: now, Kind: event.Connected, Link: link(wire.Other, "client2", 0), Text: where}, now)
	return m
}

// reach says that both nodes have sent all up to a time.
func reach(m *Merger, now time.Time) {
	m.Reached("a", now)
	m.Reached("b", now)
}

func texts(all []event.Event) (out []string) {
	for _, e := range all {
		out = append(out, e.String())
	}
	return out
}

func TestAMessageIsReceivedAfterItWasSent(t *testing.T) {
	m := two(at(0))
	m.Add("b", event.Event{Time: at(4), Kind: event.Received, Link: link(wire.Other, "client2", 0), Text: "hello", Bytes: 6}, at(6))
	m.Add("b", event.Event{Time: at(5), Kind: event.Shown, Process: "client2", Life: 1, Text: "hello"}, at(6))
	reach(m, at(3))
	require.Equal(t, []string{`client1 → client2  connected "` + where + `"`}, texts(m.Take(at(6))), "both nodes have recorded it")
	m.Reached("b", at(20))
	m.Add("a", event.Event{Time: at(9), Kind: event.Typed, Process: "client1", Life: 1, Text: "hello"}, at(10)) // its clock is ahead
	m.Add("a", event.Event{Time: at(10), Kind: event.Sent, Link: link("client1", wire.Other, 0), Text: "hello", Bytes: 6}, at(10))
	m.Reached("a", at(19))
	require.Equal(t, []string{
		`client1  typed "hello"`, `client1 → client2  sent "hello"`, `client1 → client2  received "hello"`, `client2  shown "hello"`,
	}, texts(m.Take(at(11))))
}

func TestACauseIsWaitedForUntilItCannotCome(t *testing.T) {
	m := two(at(0))
	reach(m, at(1))
	require.Len(t, m.Take(at(1)), 1)
	m.Add("b", event.Event{Time: at(4), Kind: event.Received, Link: link(wire.Other, "client2", 0), Text: "x", Bytes: 2}, at(4))
	reach(m, at(203))
	assert.Empty(t, m.Take(at(210)))
	reach(m, at(204))
	assert.Len(t, m.Take(at(210)), 1)

	const foreign = "10.0.0.1:40001 10.0.0.9:6002"
	m.Add("a", event.Event{Time: at(2600), Kind: event.Connected, Link: link("client1", wire.Other, 0), Text: foreign}, at(2600))
	reach(m, at(2600))
	assert.Len(t, m.Take(at(2600)), 1, "that is the address of no node")
}

// A node that is away, and not known to be, keeps all others waiting; their order is kept.
func TestASilentNodeChangesNoOrder(t *testing.T) {
	m := two(at(0))
	m.Expect("c")
	m.Reached("c", at(1))
	reach(m, at(1))
	require.Len(t, m.Take(at(1)), 1)
	m.Add("b", event.Event{Time: at(4), Kind: event.Received, Link: link(wire.Other, "client2", 0), Text: "x", Bytes: 2}, at(5))
	m.Add("a", event.Event{Time: at(4), Kind: event.Sent, Link: link("client1", wire.Other, 0), Text: "x", Bytes: 2}, at(6))
	reach(m, at(9))
	assert.Empty(t, m.Take(at(2005)), "b waits no more for c, but for a")
	assert.Equal(t, []string{`client1 → client2  sent "x"`, `client1 → client2  received "x"`}, texts(m.Take(at(2006))))
}

func TestTheEventsOfANodeStandByTheirTimes(t *testing.T) {
	m := two(at(0))
	m.Add("b", event.Event{Time: at(5), Kind: event.Shown, Process: "client2", Life: 1, Text: "x"}, at(6))
	m.Add("b", event.Event{Time: at(4), Kind: event.Received, Link: link(wire.Other, "client2", 0), Text: "x", Bytes: 2}, at(6)) // it was noticed later
	m.Add("a", event.Event{Time: at(3), Kind: event.Sent, Link: link("client1", wire.Other, 0), Text: "x", Bytes: 2}, at(6))
	m.Reached("a", at(9))
	m.Reached("b", at(4))
	assert.Len(t, m.Take(at(9)), 3)
	m.Reached("b", at(5))
	assert.Equal(t, []string{`client2  shown "x"`}, texts(m.Take(at(9))))
}

func TestANodeThatIsGoneIsNotWaitedFor(t *testing.T) {
	m := two(at(0))
	reach(m, at(1))
	require.Len(t, m.Take(at(1)), 1)
	m.Add("b", event.Event{Time: at(4), Kind: event.Received, Link: link(wire.Other, "client2", 0), Text: "x", Bytes: 2}, at(4))
	m.Add("b", event.Event{Time: at(5), Kind: event.Shown, Process: "client2", Life: 1, Text: "x"}, at(5))
	reach(m, at(6))
	assert.Empty(t, m.Take(at(6)))
	m.Leave("a")
	assert.Len(t, m.Take(at(6)), 2)
}

func TestWhatWasOnItsWayWhenAConnectionWasResetIsOfIt(t *testing.T) {
	m := two(at(0))
	m.Add("a", event.Event{Time: at(3), Kind: event.Sent, Link: link("client1", wire.Other, 0), Text: "x", Bytes: 2}, at(3))
	m.Add("a", event.Event{Time: at(4), Kind: event.Reset, Link: link("client1", wire.Other, 0)}, at(4))
	reach(m, at(4))
	require.Len(t, m.Take(at(4)), 3)
	m.Add("b", event.Event{Time: at(5), Kind: event.Received, Link: link(wire.Other, "client2", 0), Text: "x", Bytes: 2}, at(5))
	m.Add("b", event.Event{Time: at(6), Kind: event.Connected, Link: link(wire.Other, "client2", 0), Text: where}, at(6))
	m.Add("a", event.Event{Time: at(6), Kind: event.Connected, Link: link("client1", wire.Other, 0), Text: where}, at(6))
	reach(m, at(6))
	got := m.Take(at(6))
	require.Equal(t, []string{`client1 → client2  received "x"`, `client1 → client2  connected "` + where + `"`}, texts(got))
	assert.Equal(t, []int{1, 2}, []int{got[0].Link.Connection, got[1].Link.Connection})
}

// An agent that is started again tells of open connections once more, by other numbers.
func TestANodeThatCountsFromOneAgainKeepsItsConnections(t *testing.T) {
	m := two(at(0))
	reach(m, at(1))
	require.Len(t, m.Take(at(1)), 1)
	m.Leave("a")
	m.Join("a", []netip.Addr{address(1)}, true)
	m.Add("b", event.Event{Time: at(3), Kind: event.Received, Link: link(wire.Other, "client2", 0), Text: "x", Bytes: 2}, at(5))
	l := link("client1", wire.Other, 0)
	l.Connection = 1
	m.Add("a", event.Event{Time: at(4), Kind: event.Connected, Link: l, Text: where}, at(5))
	m.Add("a", event.Event{Time: at(4), Kind: event.Sent, Link: l, Text: "x", Bytes: 2}, at(5))
	reach(m, at(9))
	got := m.Take(at(9))
	require.Equal(t, []string{`client1 → client2  sent "x"`, `client1 → client2  received "x"`}, texts(got))
	assert.Equal(t, 1, got[0].Link.Connection)
}

func TestConnectionsOfOthersAreForgotten(t *testing.T) {
	m := two(at(0))
	for i := range 3 * maxClosed {
		l := &event.Link{From: wire.Other, To: "client1", Connection: 10 + i}
		m.Add("a", event.Event{Time: at(i), Kind: event.Connected, Link: l, Text: fmt.Sprintf("10.0.0.9:%d 10.0.0.1:6001", i+1)}, at(i))
		m.Add("a", event.Event{Time: at(i), Kind: event.Closed, Link: &event.Link{From: "client1", To: wire.Other, Connection: 10 + i}}, at(i))
		reach(m, at(i+300))
		m.Take(at(i))
	}
	assert.Less(t, len(m.numbers)+len(m.connections), 3*maxClosed)
}

func TestConnectionsThatAreClosedAreForgotten(t *testing.T) {
	m := two(at(0))
	for i := range 3 * maxClosed {
		text := fmt.Sprintf("10.0.0.1:%d 10.0.0.1:6001", i+1)
		l := &event.Link{From: "client1", To: "client2", Connection: 10 + i}
		m.Add("a", event.Event{Time: at(i), Kind: event.Connected, Link: l, Text: text}, at(i))
		m.Add("a", event.Event{Time: at(i), Kind: event.Reset, Link: l}, at(i))
		reach(m, at(i))
		m.Take(at(i))
	}
	assert.Less(t, len(m.numbers)+len(m.connections), 3*maxClosed)
}

func TestAProgramThatMovesHasAnotherLife(t *testing.T) {
	m := two(at(0))
	add := func(node string, life, ms int, kind event.Kind) {
		m.Add(node, event.Event{Time: at(ms), Kind: kind, Process: "server", Life: life, Text: fmt.Sprint(node, life)}, at(ms))
	}
	add("a", 1, 1, event.Started)
	add("a", 1, 2, event.Shown)
	add("b", 1, 3, event.Started)
	add("a", 1, 4, event.Exited)
	add("b", 2, 5, event.Started)
	m.Join("a", []netip.Addr{address(1)}, true)
	add("a", 1, 6, event.Started)
	reach(m, at(999))
	var lives []string
	for _, e := range m.Take(at(999))[1:] {
		lives = append(lives, fmt.Sprintf("%s %d", e.Text, e.Life))
	}
	assert.Equal(t, []string{"a1 1", "a1 1", "b1 2", "a1 1", "b2 3", "a1 4"}, lives)
}

// world is nodes that send each other messages over one connection a pair, and record it by
// clocks that are wrong by some milliseconds; some records are late.
type world struct {
	random *rand.Rand
	nodes  int
	wrong  []time.Duration
	record [][]event.Event // of each node
	sent   map[[2]int]uint64
	on     []message // their way
	now    time.Time
}

type message struct {
	from, to int
	offset   uint64
	bytes    int
	arrives  time.Time
}

func (w *world) add(node int, e event.Event) {
	e.Time = w.now.Add(w.wrong[node])
	w.record[node] = append(w.record[node], e)
}

// link is that of a message as a node records it: the program with the lower number has
// opened the connection.
func (w *world) link(node, from, to int, offset uint64) *event.Link {
	l := &event.Link{From: wire.Other, To: wire.Other, Connection: 1 + min(from, to)*w.nodes + max(from, to), Offset: offset, Sequence: 1<<31 - 900 + uint32(offset)}
	if node == 0 { // it has seen the connection later
		l.Offset -= min(l.Offset, 5)
	}
	if node == from {
		l.From = fmt.Sprint("p", from)
	} else {
		l.To = fmt.Sprint("p", to)
	}
	return l
}

func (w *world) run(steps int) {
	for a := range w.nodes {
		for b := range a {
			text := fmt.Sprintf("%v:40%d %v:60%d", address(b), a, address(a), b)
			for _, n := range []int{a, b} {
				w.add(n, event.Event{Kind: event.Connected, Link: w.link(n, b, a, 0), Text: text})
			}
		}
	}
	for range steps {
		w.now = w.now.Add(time.Duration(w.random.IntN(1000)) * time.Microsecond)
		from := w.random.IntN(w.nodes)
		to := (from + 1 + w.random.IntN(w.nodes-1)) % w.nodes
		m := message{from: from, to: to, offset: w.sent[[2]int{from, to}], bytes: 1 + w.random.IntN(50)}
		m.arrives = w.now.Add(time.Duration(w.random.IntN(2000)) * time.Microsecond)
		w.sent[[2]int{from, to}] += uint64(m.bytes)
		w.add(from, event.Event{Kind: event.Sent, Link: w.link(from, from, to, m.offset), Bytes: m.bytes})
		w.on = append(w.on, m)
		w.on = slices.DeleteFunc(w.on, func(m message) bool {
			if m.arrives.After(w.now) {
				return false
			}
			w.add(m.to, event.Event{Kind: event.Received, Link: w.link(m.to, m.from, m.to, m.offset), Bytes: m.bytes})
			return true
		})
	}
}

// messages over one connection do not overtake each other in TCP; these may, a little.
func TestTheOrderIsCausalWithWrongClocks(t *testing.T) {
	for seed := range uint64(100) {
		w := &world{random: rand.New(rand.NewPCG(seed, 2)), nodes: 2 + int(seed%4), sent: make(map[[2]int]uint64), now: began}
		var names []string
		for i := range w.nodes {
			names = append(names, fmt.Sprint("n", i))
			w.wrong = append(w.wrong, time.Duration(w.random.IntN(6000)-3000)*time.Microsecond)
		}
		w.record = make([][]event.Event, w.nodes)
		w.run(400)
		m := NewMerger()
		for i, name := range names {
			m.Join(name, []netip.Addr{address(i)}, true)
		}
		var got []event.Event
		total, now := 0, w.now
		next := make([]int, w.nodes)
		for _, r := range w.record {
			total += len(r)
		}
		for range total {
			i := w.random.IntN(w.nodes)
			for next[i] == len(w.record[i]) {
				i = (i + 1) % w.nodes
			}
			e := w.record[i][next[i]]
			next[i]++
			now = now.Add(10 * time.Microsecond)
			m.Add(names[i], e, now)
			m.Reached(names[i], e.Time)
			got = append(got, m.Take(now)...)
		}
		got = append(got, m.Take(now.Add(giveUp))...)
		pairs := w.nodes * (w.nodes - 1) / 2
		require.Len(t, got, total-pairs, "seed %d: a connection stands once, and all else that was recorded", seed)
		requireCausal(t, seed, got)
	}
}

// requireCausal requires that each message was sent before it was received, between programs
// that have names, and that each direction stands in its order.
func requireCausal(t *testing.T, seed uint64, got []event.Event) {
	t.Helper()
	type way struct {
		from, to string
		kind     event.Kind
	}
	done := make(map[way]uint64)
	for i, e := range got {
		require.NotContains(t, []string{e.Link.From, e.Link.To}, wire.Other, "seed %d, event %d", seed, i)
		if e.Kind == event.Received {
			require.LessOrEqual(t, e.Link.Offset+uint64(e.Bytes), done[way{e.Link.From, e.Link.To, event.Sent}], "seed %d, event %d: it was not sent before", seed, i)
		}
		if e.Kind == event.Sent {
			before := done[way{e.Link.From, e.Link.To, event.Sent}]
			if e.Link.From != "p0" && e.Link.To != "p0" {
				require.Equal(t, before, e.Link.Offset, "seed %d, event %d", seed, i)
			}
			done[way{e.Link.From, e.Link.To, event.Sent}] = e.Link.Offset + uint64(e.Bytes)
		}
	}
}
