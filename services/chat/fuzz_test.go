package chat

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"

	"peerlab/services/chat/internal/wire"
)

// FuzzPlain: plain agrees with the parser about every line of the link's process.
func FuzzPlain(f *testing.F) {
	for _, line := range []string{"MSG 3 17 hello there", "MSG 3 17 ", "MSG 3 017 x", "MSG 3 0 x", "MSG 3 17 \xff\x00", "MSG 4 1 x", "BYE"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.ContainsAny(line, "\n") {
			return // lines.Reader returns none
		}
		seq, text, plain := (&link{origin: newOrigin(wire.ID{Name: "3", Incarnation: 1})}).plain(line)
		parsed, err := wire.Parse(line)
		msg, isMsg := parsed.(*wire.Msg)
		require.Equal(t, err == nil && isMsg && msg.Name == "3" && msg.Seq > 0 && len(msg.Text) <= wire.MaxText, plain)
		if plain {
			require.Equal(t, msg.Seq, seq)
			require.Equal(t, string(msg.Text), string(text))
		}
	})
}

// FuzzDelivery: whatever a member says, the counts are right, and its text alone
// is shown.
func FuzzDelivery(f *testing.F) {
	for _, says := range agreeing {
		var said strings.Builder
		for line := range strings.SplitSeq(says, "\n") {
			if what, ok := strings.CutPrefix(strings.TrimSpace(line), "C: "); ok {
				said.WriteString(what + "\n")
			}
		}
		f.Add([]byte(said.String()))
	}
	f.Fuzz(func(t *testing.T, says []byte) {
		net := memnet.New()
		ln, err := net.Listen("there")
		require.NoError(t, err)
		defer ln.Close()
		conn, err := net.Dial(context.Background(), "here", "there")
		require.NoError(t, err)
		defer conn.Close()
		d := newDelivery(wire.Server, 1001, io.Discard)
		d.limits = limits{history: 1 << 10, logs: 1 << 10, someHeldOf: 1 << 8, someHeld: 1 << 9, heldOf: 1 << 10, held: 1 << 11}
		l := &link{conn: conn, peer: &peer{name: "1"}, incarnation: 2000, delivery: d, writer: writer{writing: true}}
		d.met(wire.Hello{ID: wire.ID{Name: "1", Incarnation: 2000}, State: wire.StateNew}, false)
		d.up(l)
		d.mu.Lock()
		defer d.mu.Unlock()
		for line := range bytes.SplitSeq(says, []byte{'\n'}) {
			msg, err := wire.Parse(line)
			if err != nil || !forDelivery(msg) || d.take(l, msg, line) != nil {
				break
			}
			d.release()
			d.hurry(time.Now().Add(maxWait))
		}
		d.release()
		kept, held := 0, 0
		for id, o := range d.origins {
			require.Equal(t, id, o.ID)
			require.LessOrEqual(t, o.have, o.end)
			if o.have == o.end {
				require.Zero(t, o.held)
				require.NotContains(t, d.holding, o)
			} else {
				require.Contains(t, d.holding, o)
			}
			if o != d.self {
				kept, held = kept+o.log.size, held+o.held
			}
		}
		require.Equal(t, d.kept, kept)
		require.Equal(t, d.held, held)
		require.LessOrEqual(t, len(d.origins), maxOrigins)
		for line := range bytes.Lines(d.buf) {
			require.Regexp(t, `^((Server|Client [0-9A-Za-z_.-]+): .*|\* (Server|Client [0-9A-Za-z_.-]+): \d+ lines? (lost|missing))\n$`, string(line))
		}
	})
}
