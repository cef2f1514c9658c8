package chaos

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
	bench "peerlab/lab"
	"peerlab/lab/event"
	"peerlab/lab/wire"
)

// The record has each line that a capture has, and no other, whatever is done to the
// packets and the programs.
func TestTheRecordAgreesWithACapture(t *testing.T) {
	lab.Needs(t, "tcpdump")
	c := stage.NewChat(t, lab.WithPackets(), lab.Natively())
	w := c.Wire()
	path := filepath.Join(t.TempDir(), "capture.pcap")
	capture := exec.Command("tcpdump", "-Z", "root", "-i", "lo", "-B", "65536", "--immediate-mode", "-U", "-w", path, "tcp")
	said, err := capture.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Network().Start(capture))
	t.Cleanup(func() {
		_ = capture.Process.Kill()
		_ = capture.Wait()
	})
	out := bufio.NewScanner(said)
	for out.Scan() && !strings.Contains(out.Text(), "listening on lo") {
	}
	require.NoError(t, out.Err())
	c.StartMembers(3)

	require.NoError(t, w.Set("client1", "client2", wire.Fault{Drop: true, Each: 3}))
	require.NoError(t, w.Set("client2", "client3", wire.Fault{Delay: 20 * time.Millisecond, Jitter: 20 * time.Millisecond}))
	c.AllTalk("with losses")
	stage.TypeAll(c.Clients[1], stage.Numbered(200, 0))
	c.Clients[3].Sees("Client 1: " + stage.Numbered(200, 0)[199])
	_, err = w.Reset("client1", "client3")
	require.NoError(t, err)
	c.Clients[2].Types("before its end")
	c.Clients[2].Kill()
	c.Clients[2].Start()
	c.Clients[3].Types("with a reset")
	c.Clients[1].Sees("Client 3: with a reset")
	c.Heal()
	c.Clients[2].Sees("Client 3: initiated.", "Client 1: initiated.")
	c.Server.Kill()
	c.Server.Start()
	c.Server.Sees("Client 1: reconnected", "Client 2: reconnected", "Client 3: reconnected")
	c.Server.Kill()
	for _, p := range c.Clients {
		p.Kill()
	}
	require.NoError(t, c.End())

	recorded := recordedLines(t, filepath.Join(c.Folder(), bench.EventsFile))
	require.Greater(t, len(recorded), 400)
	assert.Equal(t, recorded, capturedLines(t, filepath.Join(c.Folder(), bench.PacketsFile), func(r io.Reader) (packets, error) {
		return pcapgo.NewNgReader(r, pcapgo.DefaultNgReaderOptions)
	}), "packets.pcapng")
	var captured []string
	for began := time.Now(); !slices.Equal(captured, recorded) && time.Since(began) < 20*time.Second; { // tcpdump may come to the last packets later
		captured = capturedLines(t, path, func(r io.Reader) (packets, error) { return pcapgo.NewReader(r) })
	}
	assert.Equal(t, captured, recorded, "what tcpdump has captured, and events.jsonl")
}

// packets is a file of packets.
type packets interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	LinkType() layers.LinkType
}

// capturedLines returns the whole lines of all connections in a file of packets, each
// behind the addresses of its sender and receiver.
func capturedLines(t *testing.T, path string, open func(io.Reader) (packets, error)) (lines []string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	in, err := open(file)
	require.NoError(t, err)
	flows := make(map[string]*flow)
	add := func(way string) {
		for line := range strings.Lines(flows[way].text()) {
			if strings.HasSuffix(line, "\n") {
				lines = append(lines, way+" "+strings.TrimSuffix(line, "\n"))
			}
		}
		delete(flows, way)
	}
	for {
		b, _, err := in.ReadPacketData()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // it may be half written
			break
		}
		require.NoError(t, err)
		p := gopacket.NewPacket(b, in.LinkType(), gopacket.Default)
		tcp, _ := p.TransportLayer().(*layers.TCP)
		require.NotNil(t, tcp)
		net := p.NetworkLayer().NetworkFlow()
		way := fmt.Sprintf("%v:%d %v:%d", net.Src(), tcp.SrcPort, net.Dst(), tcp.DstPort)
		back := fmt.Sprintf("%v:%d %v:%d", net.Dst(), tcp.DstPort, net.Src(), tcp.SrcPort)
		switch f := flows[way]; {
		case tcp.SYN && f != nil && f.first == tcp.Seq+1: // sent again
		case tcp.SYN:
			if f != nil {
				add(way)
			}
			flows[way] = &flow{first: tcp.Seq + 1}
		case f == nil: // of a connection that was reset
		case tcp.RST && !f.near(tcp.Seq): // of an older connection
		case tcp.RST:
			add(way)
			if flows[back] != nil {
				add(back)
			}
		default:
			f.add(tcp.Seq, tcp.Payload)
		}
	}
	for way := range flows {
		add(way)
	}
	slices.Sort(lines)
	return lines
}

// flow is the bytes that went one way of a connection.
type flow struct {
	first uint32 // sequence number of the first
	bytes []byte
	known []bool // which of them have come
}

func (f *flow) add(at uint32, b []byte) {
	begin := int(at - f.first)
	if more := begin + len(b) - len(f.bytes); more > 0 {
		f.bytes = append(f.bytes, make([]byte, more)...)
		f.known = append(f.known, make([]bool, more)...)
	}
	copy(f.bytes[begin:], b)
	for i := range b {
		f.known[begin+i] = true
	}
}

// near reports whether a sequence number may be of this flow.
func (f *flow) near(at uint32) bool {
	begin := int32(at - f.first)
	return begin >= 0 && int(begin) <= len(f.bytes)+1
}

// text returns the bytes before the first that has not come.
func (f *flow) text() string {
	if end := slices.Index(f.known, false); end >= 0 {
		return string(f.bytes[:end])
	}
	return string(f.bytes)
}

// recordedLines is capturedLines for a record.
func recordedLines(t *testing.T, path string) (lines []string) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	events, err := event.Read(bytes.NewReader(content))
	require.NoError(t, err)
	addresses := make(map[int][2]string) // of connections: who opened it, and who listened
	openers := make(map[int]string)
	for _, e := range events {
		require.NotEqual(t, event.Lost, e.Kind)
		if e.Link == nil || e.Link.Connection == 0 {
			continue
		}
		n := e.Link.Connection
		switch e.Kind {
		case event.Connected:
			from, to, _ := strings.Cut(e.Text, " ")
			addresses[n], openers[n] = [2]string{from, to}, e.Link.From
		case event.Received:
			ends := addresses[n]
			require.NotEmpty(t, ends, "%+v", e)
			if e.Link.From != openers[n] {
				slices.Reverse(ends[:])
			}
			if len(e.Text) < e.Bytes { // it is a whole line
				lines = append(lines, strings.Join(append(ends[:], e.Text), " "))
			}
		}
	}
	slices.Sort(lines)
	return lines
}
