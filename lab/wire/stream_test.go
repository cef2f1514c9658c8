package wire

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAStreamIsPutTogetherHoweverItsPacketsCome(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		var all strings.Builder
		var want []piece
		for range 50 {
			line := strings.Repeat("grüße ", random.IntN(20))
			want = append(want, piece{uint64(all.Len()), line, len(line) + 1, true})
			all.WriteString(line + "\n")
		}
		bytes, first := []byte(all.String()), random.Uint32()
		var packets []segment
		for from := 0; from < len(bytes); {
			to := min(len(bytes), from+1+random.IntN(100))
			packets = append(packets, segment{first + uint32(from), bytes[from:to]})
			if random.IntN(4) == 0 { // sent again, otherwise cut
				packets = append(packets, segment{first + uint32(from), bytes[from:min(len(bytes), to+random.IntN(50))]})
			}
			from = to
		}
		for i := range packets { // each may be overtaken by some
			j := min(len(packets)-1, i+random.IntN(5))
			packets[i], packets[j] = packets[j], packets[i]
		}
		var s stream
		s.begin(first)
		var got []piece
		for _, p := range packets {
			got = append(got, s.feed(p.at, p.bytes)...)
		}
		require.Equal(t, want, got, "seed %d", seed)
		require.Empty(t, s.flush())
	}
}

func TestPiecesOfAStream(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	blob := strings.Repeat("\x00\xff", 5_000)
	for name, c := range map[string]struct {
		sent []string
		want []piece
	}{
		"a line in two packets":      {[]string{"hel", "lo\nyo"}, []piece{{0, "hello", 6, true}, {6, "yo", 2, true}}},
		"CRLF":                       {[]string{"hello\r\n"}, []piece{{0, "hello", 7, true}}},
		"an empty line":              {[]string{"\n\n"}, []piece{{0, "", 1, true}, {1, "", 1, true}}},
		"a long line":                {[]string{long, "\n", "y\n"}, []piece{{0, long[:maxLine], 10_001, true}, {10_001, "y", 2, true}}},
		"bytes that are no text":     {[]string{"PART 9\n", "\x00\xff\n"}, []piece{{0, "PART 9", 7, true}, {7, "", 3, false}}},
		"with LF in them":            {[]string{"\xff\n\xfe\n\xfd\nOK\n\xfc\n"}, []piece{{0, "", 6, false}, {6, "OK", 3, true}, {9, "", 2, false}}},
		"many of them":               {[]string{blob}, []piece{{0, "", 10_000, false}}},
		"a character in two packets": {[]string{"\xc3", "\xbc\n"}, []piece{{0, "ü", 3, true}}},
	} {
		t.Run(name, func(t *testing.T) {
			var s stream
			s.begin(7)
			at := uint32(7)
			var got []piece
			for _, b := range c.sent {
				got = append(got, s.feed(at, []byte(b))...)
				at += uint32(len(b))
			}
			require.Equal(t, c.want, append(got, s.flush()...))
		})
	}
}

func TestAGapThatIsNeverFilled(t *testing.T) {
	var s stream
	s.begin(0)
	require.Empty(t, s.feed(10, []byte("late\n")))
	got := s.feed(100, make([]byte, maxPending))
	require.NotEmpty(t, got)
	require.EqualValues(t, 100, got[0].offset)
}
