package wire

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// kept is a piece that keeps its text.
type kept struct {
	offset uint64
	text   string
	bytes  int
	isText bool
}

// fed returns the pieces that a packet completes.
func (s *stream) fed(at uint32, bytes string, unread int) (all []kept) {
	s.feed(segment{at, []byte(bytes), unread}, keep(&all))
	return all
}

func (s *stream) flushed() (all []kept) {
	s.flush(keep(&all))
	return all
}

func keep(all *[]kept) func(piece) {
	return func(p piece) { *all = append(*all, kept{p.offset, string(p.text), p.bytes, p.isText}) }
}

func TestAStreamIsPutTogetherHoweverItsPacketsCome(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		var all strings.Builder
		var want []kept
		for range 50 {
			line := strings.Repeat("grüße ", random.IntN(20))
			want = append(want, kept{uint64(all.Len()), line, len(line) + 1, true})
			all.WriteString(line + "\n")
		}
		bytes, first := []byte(all.String()), random.Uint32()
		var packets []segment
		for from := 0; from < len(bytes); {
			to := min(len(bytes), from+1+random.IntN(100))
			packets = append(packets, segment{first + uint32(from), bytes[from:to], 0})
			if random.IntN(4) == 0 { // sent again, otherwise cut
				packets = append(packets, segment{first + uint32(from), bytes[from:min(len(bytes), to+random.IntN(50))], 0})
			}
			from = to
		}
		for i := range packets { // each may be overtaken by some
			j := min(len(packets)-1, i+random.IntN(5))
			packets[i], packets[j] = packets[j], packets[i]
		}
		var s stream
		s.begin(first)
		var got []kept
		for _, p := range packets {
			s.feed(p, keep(&got))
		}
		require.Equal(t, want, got, "seed %d", seed)
		require.Empty(t, s.flushed())
	}
}

func TestPiecesOfAStream(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	blob := strings.Repeat("\x00\xff", 5_000)
	for name, c := range map[string]struct {
		sent []string
		want []kept
	}{
		"a line in two packets":      {[]string{"hel", "lo\nyo"}, []kept{{0, "hello", 6, true}, {6, "yo", 2, true}}},
		"CRLF":                       {[]string{"hello\r\n"}, []kept{{0, "hello", 7, true}}},
		"an empty line":              {[]string{"\n\n"}, []kept{{0, "", 1, true}, {1, "", 1, true}}},
		"a long line":                {[]string{long, "\n", "y\n"}, []kept{{0, long[:maxLine], 10_001, true}, {10_001, "y", 2, true}}},
		"bytes that are no text":     {[]string{"PART 9\n", "\x00\xff\n"}, []kept{{0, "PART 9", 7, true}, {7, "", 3, false}}},
		"with LF in them":            {[]string{"\xff\n\xfe\n\xfd\nOK\n\xfc\n"}, []kept{{0, "", 6, false}, {6, "OK", 3, true}, {9, "", 2, false}}},
		"many of them":               {[]string{blob}, []kept{{0, "", 10_000, false}}},
		"a character in two packets": {[]string{"\xc3", "\xbc\n"}, []kept{{0, "ü", 3, true}}},
	} {
		t.Run(name, func(t *testing.T) {
			var s stream
			s.begin(7)
			at := uint32(7)
			var got []kept
			for _, b := range c.sent {
				got = append(got, s.fed(at, b, 0)...)
				at += uint32(len(b))
			}
			require.Equal(t, c.want, append(got, s.flushed()...))
		})
	}
}

func TestAGapThatIsNeverFilled(t *testing.T) {
	var s stream
	s.begin(0)
	require.Equal(t, []kept{{0, "whole", 6, true}}, s.fed(0, "whole\nhal", 0))
	require.Empty(t, s.fed(20, "f a line\nwhole again\n", 0))
	require.Equal(t, []kept{{6, "", 23, false}, {29, "whole again", 12, true}}, s.fed(100, strings.Repeat("x", maxPending), 0))
	require.Equal(t, []kept{{41, "", 59 + 2*maxPending, false}}, s.fed(100+maxPending, strings.Repeat("x", maxPending), 0))
}

func TestPacketsThatAreNotReadWhole(t *testing.T) {
	var s stream
	s.begin(0)
	require.Equal(t, []kept{{0, "one", 4, true}, {4, "", 103, false}}, s.fed(0, "one\ntwo", 100))
	require.Equal(t, []kept{{107, "", 54, false}}, s.fed(107, "xyz ", 50), "no line begins here")
	require.Equal(t, []kept{{161, "", 4, false}, {165, "three", 6, true}}, s.fed(161, "xyz\nthree\nfo", 0))
	require.Empty(t, s.fed(0, "one\n", 50), "sent again, and read before or known to be missing")
	require.Equal(t, []kept{{171, "four", 5, true}}, s.fed(173, "ur\n", 0))
}

// Random bytes have lines of text by chance.
func TestAStreamWithHardlyAnyTextIsDull(t *testing.T) {
	var s stream
	s.begin(0)
	random := rand.New(rand.NewPCG(1, 1))
	blob := make([]byte, dullSize)
	for i := range blob {
		blob[i] = byte(random.Uint32())
	}
	blob[len(blob)-1] = '\n'
	at := uint32(0)
	add := func(b string) {
		s.fed(at, b, 0)
		at += uint32(len(b))
	}
	add(string(blob))
	require.True(t, s.dull)
	add(strings.Repeat("a line of text\n", dullText/15))
	require.True(t, s.dull)
	add("a line of text\n")
	require.False(t, s.dull)
	add(strings.Repeat("a line of text\n", dullSize/15+1))
	require.False(t, s.dull)
}

// TLS records are pieces, as lines are.
func TestAStreamOfTLSRecordsIsNotDull(t *testing.T) {
	var s stream
	s.begin(0)
	s.fed(0, strings.Repeat("\x17\x03\x03\x03\xe8"+strings.Repeat("\x00", 1000), dullSize/1005+1), 0)
	require.False(t, s.dull)
}
