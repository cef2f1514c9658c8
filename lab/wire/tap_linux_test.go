package wire

import (
	"bufio"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
)

// transfer sends pieces of a size over a connection within the network until so many
// bytes have arrived, a line last.
func (b *bench) transfer(piece, total int) {
	b.t.Helper()
	ln, err := b.network.Listen("127.0.0.1:4000")
	require.NoError(b.t, err)
	defer ln.Close()
	out, err := b.network.Dial(b.t.Context(), "127.0.0.1:4000")
	require.NoError(b.t, err)
	defer out.Close()
	in, err := ln.Accept()
	require.NoError(b.t, err)
	defer in.Close()
	sent := make(chan error, 1)
	go func() {
		var err error
		for rest := total; rest > 0 && err == nil; rest -= piece {
			_, err = out.Write(make([]byte, piece))
		}
		sent <- err
	}()
	_, err = io.CopyN(io.Discard, in, int64(total))
	require.NoError(b.t, err)
	require.NoError(b.t, <-sent)
	for _, line := range []string{"\nend\n", "of it\n"} { // the second is a packet of its own
		_, err = io.WriteString(out, line)
		require.NoError(b.t, err)
		b.reads(in, line)
	}
}

func (b *bench) reads(in net.Conn, text string) {
	b.t.Helper()
	got := make([]byte, len(text))
	_, err := io.ReadFull(bufio.NewReaderSize(in, len(text)), got)
	require.NoError(b.t, err)
	require.Equal(b.t, text, string(got))
}

// The record of a flood counts all bytes, says that it is not complete, and has the lines
// after it.
func TestTheRecordOfAFlood(t *testing.T) {
	const size = 128 << 20
	b := newBench(t)
	b.transfer(1<<20, size)
	require.NoError(t, b.Close())
	require.NoError(t, b.events.Close())
	events, err := event.Read(&b.file)
	require.NoError(t, err)
	received, lost, last := uint64(0), 0, event.Event{}
	for _, e := range events {
		switch e.Kind {
		case event.Lost:
			lost += e.Bytes
		case event.Received:
			received += uint64(e.Bytes)
			last = e
		}
	}
	require.Equal(t, "of it", last.Text)
	require.EqualValues(t, size+len("\nend\n"), last.Link.Offset)
	require.EqualValues(t, size+len("\nend\nof it\n"), received)
	require.Positive(t, lost)
}
