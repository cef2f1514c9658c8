package room

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddressesOfBothKinds(t *testing.T) {
	n := name{host: "::1", port: "9", addr: "[::1]:9"}
	assert.Equal(t, "('::1', 9) at ", n.speaker())
	assert.Equal(t, "(::1, 9)", n.tuple())
	assert.Equal(t, "[[::1]:9] is Online\n", n.online())
}

func TestTelnetIsTheSameHoweverItIsCut(t *testing.T) {
	const stream = "a\xff\xfb\x01b\xff\xffc\xff\xfa\x18\x00x\xff\xffy\xff\xf0d\xff\xf1e\xff\xfe\xfff\xffg"
	const text = "ab\xffcdefg"
	for cut := range len(stream) + 1 {
		var f telnet
		one, two := []byte(stream[:cut]), []byte(stream[cut:])
		got := string(one[:f.filter(one)])
		got += string(two[:f.filter(two)])
		require.Equal(t, text, got, "cut after %d bytes", cut)
	}
}

func TestASubnegotiationWithoutAnEndEnds(t *testing.T) {
	var f telnet
	b := append([]byte("\xff\xfa"), bytes.Repeat([]byte("x"), maxLine+1)...)
	require.Zero(t, f.filter(b))
	b = []byte("hello\n")
	require.Equal(t, len(b), f.filter(b))
}

// A cursor returns the added bytes without the skipped spans, whatever the sizes
// of its steps and wherever segments end.
func TestTranscript(t *testing.T) {
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		tr := newTranscript()
		var skip spans
		c := tr.here()
		var want, got []byte
		for range 500 {
			line := bytes.Repeat([]byte{byte('a' + rnd.IntN(26))}, 1+rnd.IntN(3000))
			begin := tr.end
			tr.add(line)
			if rnd.IntN(3) == 0 {
				skip.add(begin, tr.end)
			} else {
				want = append(want, line...)
			}
			if rnd.IntN(10) == 0 {
				for range rnd.IntN(20) {
					until := c.at + rnd.Uint64N(max(1, tr.end-min(tr.end, c.at)))
					for _, b := range c.take(nil, until, 1+rnd.IntN(writeSize), &skip) {
						got = append(got, b...)
					}
				}
			}
		}
		for c.at < tr.end {
			for _, b := range c.take(nil, tr.end, writeSize, &skip) {
				got = append(got, b...)
			}
		}
		require.True(t, bytes.Equal(want, got), "seed %d", seed)
		require.Same(t, tr.last, c.seg, "seed %d: the cursor drops the segments that it has passed", seed)
		require.Empty(t, skip.list)
	}
}

// A client that only sends, or is alone in the room, keeps no segments in memory.
func TestReadSegmentsAreFreed(t *testing.T) {
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		one, two := h.joins(), h.joins()
		for range 100 {
			one.sends(t, strings.Repeat(strings.Repeat("x", 1023)+"\n", 100))
			h.settles(0)
			two.received.take()
		}
		r := h.server.room
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, s := range r.sessions {
			require.Same(t, r.transcript.last, s.cursor.seg)
			require.Empty(t, s.own.list)
		}
	})
}

// blocked is a screen whose terminal is stopped.
type blocked struct {
	recorder
	resume chan struct{}
}

func (b *blocked) Write(p []byte) (int, error) {
	<-b.resume
	return b.recorder.Write(p)
}

func TestABlockedScreenDelaysNoClient(t *testing.T) {
	screen := &blocked{resume: make(chan struct{})}
	withRoom(t, func(_ *testRoom, c *Config) { screen.resume = make(chan struct{}); c.Screen = screen }, func(t *testing.T, h *testRoom) {
		one, two := h.joins(), h.joins()
		two.received.take()
		one.sends(t, "hello\n")
		h.settles(0)
		require.Contains(t, two.received.take(), "hello")
		close(screen.resume)
		synctest.Wait()
		require.Equal(t, "This server is activated on port 3823", screen.takeLines()[0])
	})
}

func TestABlockedScreenDoesNotPreventShutdown(t *testing.T) {
	screen := &blocked{}
	withRoom(t, func(_ *testRoom, c *Config) { screen.resume = make(chan struct{}); c.Screen = screen }, func(_ *testing.T, h *testRoom) {
		began := time.Now()
		h.stop()
		<-h.done
		require.LessOrEqual(t, time.Since(began), time.Second)
		close(screen.resume)
	})
}

type brokenScreen struct{}

func (brokenScreen) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAFailingScreenIsLoggedOnce(t *testing.T) {
	withRoom(t, func(_ *testRoom, c *Config) { c.Screen = brokenScreen{} }, func(t *testing.T, h *testRoom) {
		h.joins()
		h.joins()
		require.Equal(t, 1, strings.Count(h.log.take(), "no space left"))
	})
}

func TestConfigCheck(t *testing.T) {
	require.NoError(t, Config{Listen: "127.0.0.1:3823", History: 10}.Check())
	require.ErrorContains(t, Config{Listen: "127.0.0.1:3823", History: -1}.Check(), "-history -1")
	require.ErrorContains(t, Config{Listen: "127.0.0.1:3823", History: 10_001}.Check(), "0 to 10000")
	require.ErrorContains(t, Config{Listen: "3823"}.Check(), "HOST:PORT")
}

// pieces is a client's stream, in pieces.
type pieces struct {
	net.Conn
	rest [][]byte
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest[0])
	if p.rest[0] = p.rest[0][n:]; len(p.rest[0]) == 0 {
		p.rest = p.rest[1:]
	}
	return n, nil
}

func (p *pieces) SetReadDeadline(time.Time) error { return nil }

// FuzzSource reads a stream in pieces of any size: the result does not depend on
// the sizes, and lacks nothing but telnet's commands.
func FuzzSource(f *testing.F) {
	f.Add([]byte("hello\nworld\r\n"), uint64(1))
	f.Add([]byte("\xff\xfb\x01gr\xc3\xbc\xff\xfa\x18xx\xff\xf0\xff\xff\n"), uint64(2))
	f.Add([]byte("no line end"), uint64(3))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var cut [][]byte
		for rest := stream; len(rest) > 0; {
			n := 1 + rnd.IntN(len(rest))
			cut, rest = append(cut, bytes.Clone(rest[:n])), rest[n:]
		}
		got, one := readAll(t, cut), readAll(t, [][]byte{bytes.Clone(stream)})
		if len(stream) == 0 {
			one = nil
		}
		require.Equal(t, string(one), string(got))
		if bytes.IndexByte(stream, telnetIAC) < 0 {
			require.Equal(t, string(stream), strings.TrimSuffix(string(got), strings.Repeat("\n", len(got)-len(stream))))
		}
	})
}

func readAll(t *testing.T, cut [][]byte) []byte {
	s := &source{conn: &pieces{rest: cut}, leaving: func() bool { return false }, arrive: func() {}}
	all, err := io.ReadAll(s)
	require.NoError(t, err)
	return all
}
