package chat

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"strconv"
	"testing"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// The cost of a line on its way, for benchstat:
//
//	go test -run '^$' -bench . -count 10 ./services/chat
//
// An operation is one line of 64 bytes, its end included. None may allocate.

var benchText = bytes.Repeat([]byte("abcdefg "), 8)[:63]

func benchMember() *member {
	return newMember(config{Name: "1", Config: Config{Incarnation: 2, Screen: io.Discard, Log: slog.New(slog.DiscardHandler)}})
}

// sender is a connection over which lines of a peer come without end; n stays as
// it is if they are to be the same one again and again.
type sender struct {
	n, step uint64
	line    []byte
	left    []byte
}

func (s *sender) Read(p []byte) (filled int, err error) {
	for filled < len(p) {
		if len(s.left) == 0 {
			s.n += s.step
			s.line = strconv.AppendUint(append(s.line[:0], "MSG 2 "...), s.n, 10)
			s.line = append(append(append(s.line, ' '), benchText...), '\n')
			s.left = s.line
		}
		k := copy(p[filled:], s.left)
		filled, s.left = filled+k, s.left[k:]
	}
	return filled, nil
}

// BenchmarkTake is the receiving side: read, take apart, compare, keep, escape, show.
func BenchmarkTake(b *testing.B) {
	for name, again := range map[string]bool{"new": false, "again": true} {
		b.Run(name, func(b *testing.B) {
			m := benchMember()
			s := &sender{step: 1}
			if again {
				s.n, s.step = 1, 0
			}
			l := linkOf(m, "2")
			l.in = lines.NewReader(s, wire.MaxLine)
			taken := 0
			b.SetBytes(int64(len(benchText) + 1))
			b.ReportAllocs()
			for b.Loop() {
				if taken > 0 { // by an earlier turn, which takes all that came with one read
					taken--
					continue
				}
				line, err := l.in.Next()
				if err == nil {
					taken = bytes.Count(l.in.Rest(), []byte{'\n'})
					err = m.receive(l, line)
				}
				if err != nil {
					b.Fatal(err)
				}
				m.flush()
			}
			if seq, _ := m.state.Shown(wire.ID{Name: "2", Incarnation: 1}); seq == 0 || again && seq > 1 {
				b.Fatal("shown through", seq)
			}
		})
	}
}

// typist is an input at which a line is always ready, 64 KiB at a time.
type typist struct{ ready int }

func (t *typist) Next() ([]byte, error) {
	if t.ready--; t.ready < 0 {
		t.ready = 1 << 10
	}
	return benchText, nil
}
func (t *typist) SkipLine() (int64, error) { return 0, nil }
func (t *typist) Ready() bool              { return t.ready > 0 }

// BenchmarkSay is the sending side: check, encode once, and what each of five
// links takes of it.
func BenchmarkSay(b *testing.B) {
	m := benchMember()
	links := make([]*link, 5)
	sent := make([]uint64, len(links))
	for i := range links {
		links[i] = linkOf(m, wire.Name(strconv.Itoa(i+2)))
		links[i].writer.BeginLocked()
	}
	var in typist
	var bufs net.Buffers
	said := uint64(0)
	b.SetBytes(int64(len(benchText) + 1))
	b.ReportAllocs()
	for b.Loop() {
		if said > 0 { // by an earlier turn, which says all that is ready
			said--
			continue
		}
		before := m.state.Typed()
		if _, err := m.chat(&in); err != nil {
			b.Fatal(err)
		}
		end := m.state.Typed()
		said = end - before - 1
		for i, l := range links {
			for sent[i] < end {
				bufs, sent[i] = m.state.Next(l.stream, sent[i], bufs[:0])
			}
		}
	}
}
