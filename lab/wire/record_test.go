package wire

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
)

// A process that was killed leaves a connection behind, and its reset may come when a new
// connection with the same ports is being opened.
func TestAResetOfAnOlderConnectionEndsNoOther(t *testing.T) {
	var file bytes.Buffer
	r := record{events: event.NewRecorder(&file), conns: make(map[ports]*conn)}
	one, other := netip.MustParseAddrPort("127.0.0.1:5001"), netip.MustParseAddrPort("127.0.0.1:4000")
	r.open(ports{one, other}, ends{"client", "server"})
	for _, h := range []header{
		{from: one, to: other, seq: 1 << 30, flags: syn},
		{from: one, to: other, seq: 1 << 29, flags: rst},
		{from: other, to: one, seq: 7, flags: syn | ack},
		{from: one, to: other, seq: 1<<30 + 1, flags: ack, payload: []byte("hello\n")},
		{from: other, to: one, seq: 8, flags: rst},
		{from: one, to: other, seq: 1<<30 + 7, flags: ack, payload: []byte("lost\n")},
	} {
		r.received(&h, time.Now())
	}
	require.NoError(t, r.events.Close())
	events, err := event.Read(&file)
	require.NoError(t, err)
	var got []string
	for _, e := range events[1:] {
		got = append(got, e.String())
	}
	require.Equal(t, []string{
		`client → server  connected "127.0.0.1:5001 127.0.0.1:4000"`,
		`client → server  sent "hello"`, `client → server  received "hello"`,
		`server → client  reset`,
	}, got)
}

// The queues may be ahead of the tap: a connection is dialled again before the last packets of
// the one before with its ports are read.
func TestTheTapIsBehindTheQueues(t *testing.T) {
	var file bytes.Buffer
	r := record{events: event.NewRecorder(&file), conns: make(map[ports]*conn)}
	one, other := netip.MustParseAddrPort("127.0.0.1:5001"), netip.MustParseAddrPort("127.0.0.1:4000")
	see := func(all ...header) {
		for _, h := range all {
			r.received(&h, time.Now())
		}
	}
	r.open(ports{one, other}, ends{"client", "server"})
	see(header{from: one, to: other, seq: 100, flags: syn}, header{from: other, to: one, seq: 7, flags: syn | ack})
	r.open(ports{one, other}, ends{"client", "server"})
	r.open(ports{one, other}, ends{"client", "server"}) // its SYN was sent again
	see(header{from: one, to: other, seq: 101, flags: ack, payload: []byte("old\n")}, header{from: one, to: other, seq: 105, flags: rst | ack})
	see(header{from: one, to: other, seq: 900, flags: syn}, header{from: other, to: one, seq: 50, flags: syn | ack})
	see(header{from: one, to: other, seq: 901, flags: ack, payload: []byte("new\n")})
	require.NoError(t, r.events.Close())
	events, err := event.Read(&file)
	require.NoError(t, err)
	var got []string
	for _, e := range events[1:] {
		if e.Kind != event.Sent {
			got = append(got, fmt.Sprint(e.Link.Connection, " ", e))
		}
	}
	require.Equal(t, []string{
		`1 client → server  connected "127.0.0.1:5001 127.0.0.1:4000"`, `1 client → server  received "old"`, `1 client → server  reset`,
		`2 client → server  connected "127.0.0.1:5001 127.0.0.1:4000"`, `2 client → server  received "new"`,
	}, got)
}

// Large packets of a stream without text may be left out: the sequence numbers count them, also
// if the packet that ends the connection is the next one, and lines after them are recorded.
func TestPacketsOfADullStreamThatAreLeftOut(t *testing.T) {
	one, other := netip.MustParseAddrPort("127.0.0.1:5001"), netip.MustParseAddrPort("127.0.0.1:4000")
	blob := bytes.Repeat([]byte{0}, dullSize)
	for name, c := range map[string]struct {
		last header
		want []string
	}{
		"and a line": {header{flags: ack, payload: []byte("\nline\n")}, []string{"received 2097153 bytes", `received "line"`}},
		"and an end": {header{flags: ack | fin}, []string{"received 2097152 bytes", "closed"}},
		"and no end": {header{flags: rst}, []string{"reset", "received 2097152 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			r := record{events: event.NewRecorder(&file), conns: make(map[ports]*conn)}
			r.open(ports{one, other}, ends{"client", "server"})
			receive := func(h header, gaps bool) (missing int, dull bool) {
				h.from, h.to = one, other
				missing, _ = r.expect(&h, gaps)
				r.received(&h, time.Now())
				return missing, r.conns[ports{one, other}] != nil && r.conns[ports{one, other}].out.received.dull
			}
			_, dull := receive(header{seq: 0, flags: syn}, false)
			require.False(t, dull)
			_, dull = receive(header{seq: 1, flags: ack, payload: blob}, false)
			require.True(t, dull)
			missing, _ := receive(header{seq: 1 + dullSize + 3<<20, flags: ack, payload: []byte{0}, unread: 9}, true)
			require.Equal(t, 3<<20/maxSegment, missing)
			c.last.seq = 1 + dullSize + 3<<20 + 10 + 2<<20
			missing, _ = receive(c.last, false)
			require.Equal(t, 2<<20/maxSegment, missing)
			require.NoError(t, r.events.Close())
			events, err := event.Read(&file)
			require.NoError(t, err)
			var got []string
			for _, e := range events[1:] {
				if e.Kind != event.Sent {
					e.Link = nil
					got = append(got, strings.TrimSpace(e.String()))
				}
			}
			require.Equal(t, append([]string{`connected "127.0.0.1:5001 127.0.0.1:4000"`, "received 1048576 bytes", "received 3145738 bytes"}, c.want...), got)
		})
	}
}

// A missing packet of text is waited for, whatever is left out of other streams, and one of a
// dull stream while nothing is: it was dropped, and will be sent again.
func TestAMissingPacketIsWaitedFor(t *testing.T) {
	one, other := netip.MustParseAddrPort("127.0.0.1:5001"), netip.MustParseAddrPort("127.0.0.1:4000")
	for _, gaps := range []bool{true, false} {
		var file bytes.Buffer
		r := record{events: event.NewRecorder(&file), conns: make(map[ports]*conn)}
		r.open(ports{one, other}, ends{"client", "server"})
		r.conns[ports{one, other}].out.received.dull = !gaps
		for _, h := range []header{
			{seq: 0, flags: syn},
			{seq: 7, flags: ack, payload: []byte("again\n")},
			{seq: 1, flags: ack, payload: []byte("hello\n")},
		} {
			h.from, h.to = one, other
			missing, _ := r.expect(&h, gaps)
			r.received(&h, time.Now())
			require.Zero(t, missing)
		}
		require.NoError(t, r.events.Close())
		require.Contains(t, file.String(), `"offset":6},"text":"again"`)
		require.Contains(t, file.String(), `"text":"hello"`)
	}
}
