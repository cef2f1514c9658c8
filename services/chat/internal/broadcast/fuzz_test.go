package broadcast

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// recorder is a screen.
// recorder is a Member that counts what its State wants to be done.
type recorder struct {
	lines        []string
	ticks, flows int
}

func (r *recorder) Line(from wire.Name, text []byte) {
	r.lines = append(r.lines, from.Display()+": "+string(text))
}

func (r *recorder) Another(from wire.Name, text []byte) {
	r.lines = append(r.lines, "another "+from.Display()+": "+string(text))
}

func (r *recorder) Gap(from wire.Name, n uint64, what Absence) {
	r.lines = append(r.lines, fmt.Sprintf("%s: %d %s", from.Display(), n, what))
}

func (r *recorder) Left(from wire.Name) { r.lines = append(r.lines, from.Display()+": left") }

func (r *recorder) Wake(*Stream)         {}
func (r *recorder) Close(*Stream, error) {}
func (r *recorder) Unblock()             { r.flows++ }
func (r *recorder) TickSoon()            { r.ticks++ }

func noPeers(func(wire.Peer) bool) {}

// FuzzPlain: plain agrees with the parser about every line of the link's process.
func FuzzPlain(f *testing.F) {
	for _, line := range []string{"MSG 3 17 hello there", "MSG 3 17 ", "MSG 3 017 x", "MSG 3 0 x", "MSG 3 17 \xff\x00", "MSG 4 1 x", "BYE"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.ContainsAny(line, "\n") {
			return // lines.Reader returns none
		}
		seq, text, plain := (&Stream{from: New(wire.ID{Name: "3", Incarnation: 1}, nil).self}).plain(line)
		parsed, err := wire.Parse(line)
		msg, isMsg := parsed.(*wire.Msg)
		require.Equal(t, err == nil && isMsg && msg.Name == "3" && msg.Seq > 0 && len(msg.Text) <= wire.MaxText, plain)
		if plain {
			require.Equal(t, msg.Seq, seq)
			require.Equal(t, string(msg.Text), string(text))
		}
	})
}

// FuzzReceive: whatever a member sends, the bounds hold, and nothing but its text is
// shown.
func FuzzReceive(f *testing.F) {
	for _, said := range []string{
		"MSG 1 1 hello\nMSG 1 2 \n", "AFTER 2 7 1\nMSG 1 1 answer\nMSG 1 2 behind\nHAVE 2 7 3\nLINES 2 7 1\nMSG 2 1 asked for",
		"HAVE 2 3000 5\nWANT 1 2000 0\nPEER 4 5 127.0.0.1:4 6\nMSG 1 9 later", "MSG 2 1 forged", "LINES 2 7 1", "AFTER 1 2000 5\nHAVE 2 7 1",
	} {
		f.Add([]byte(said), byte(0))
		f.Add([]byte("HAVE 2 7 1\nHAVE 1 2000 0\n"+said), byte(2))
	}
	f.Fuzz(func(t *testing.T, said []byte, pending byte) {
		var screen recorder
		s := New(wire.ID{Name: wire.Server, Incarnation: 1001}, &screen)
		s.Limits = Limits{Typed: 1 << 10, Kept: 1 << 10, SlowOf: 1 << 8, HeldOf: 1 << 10}
		hello := wire.Hello{ID: wire.ID{Name: "1", Incarnation: 2000}, State: wire.StateNew}
		st := s.Meet(nil, hello, false, noPeers)
		s.Join(st, int(pending))
		now := time.Unix(0, 0)
		for line := range bytes.SplitSeq(said, []byte{'\n'}) {
			s.Begin(now)
			if _, err := s.Receive(st, line); err != nil {
				break
			}
			s.Release()
			s.Next(st, 0, nil)
			now = now.Add(MaxWait)
			s.Tick(now)
		}
		s.Part(st, now)
		kept, held := 0, 0
		for id, o := range s.senders {
			require.Equal(t, id, o.ID)
			require.LessOrEqual(t, o.shown, o.received)
			if o.shown == o.received {
				require.Zero(t, o.held())
				require.NotContains(t, s.holding, o)
			} else {
				require.Contains(t, s.holding, o)
			}
			if o != s.self {
				kept, held = kept+o.log.size, held+o.held()
			}
		}
		require.Empty(t, s.self.holders, "it requests its own lines")
		require.Equal(t, s.kept, kept)
		require.Equal(t, s.held, held)
		require.LessOrEqual(t, len(s.senders), MaxSenders)
		for _, line := range screen.lines {
			require.Regexp(t, `^(Server|Client [0-9A-Za-z_.-]+): `, line)
		}
	})
}
