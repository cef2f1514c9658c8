package wire

import (
	"bytes"
	"net/netip"
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
