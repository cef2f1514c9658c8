package wire

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tlsRecord returns a TLS record of so many bytes.
func tlsRecord(kind byte, body string) string {
	return string([]byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}) + body
}

func TestTLSRecordsArePieces(t *testing.T) {
	one, long := tlsRecord(23, "\n\x17\x03\x03\n"), tlsRecord(22, strings.Repeat("\xfe\n", 8_000))
	for name, c := range map[string]struct {
		sent []string
		want []kept
	}{
		"two in a packet":              {[]string{one + one}, []kept{{0, "", 10, false}, {10, "", 10, false}}},
		"one in many packets":          {[]string{long[:1], long[1:4], long[4:5], long[5:9000], long[9000:]}, []kept{{0, "", 16_005, false}}},
		"an empty one":                 {[]string{tlsRecord(21, "") + one}, []kept{{0, "", 5, false}, {5, "", 10, false}}},
		"LF in the length":             {[]string{tlsRecord(23, strings.Repeat("x", 10))[:4], "\n0123456789"}, []kept{{0, "", 15, false}}},
		"of the largest size":          {[]string{tlsRecord(23, strings.Repeat("x", maxCiphertext)) + "y\n"}, []kept{{0, "", recordHeader + maxCiphertext, false}, {recordHeader + maxCiphertext, "y", 2, true}}},
		"too long for one":             {[]string{"\x17\x03\x03\x41\x01\n\xff\n"}, []kept{{0, "", 8, false}}},
		"too long, and the header cut": {[]string{"\x17\x03\x03\x41", "\x01\n\xff\n"}, []kept{{0, "", 8, false}}},
		"of a version that is none":    {[]string{"\x17\x03\x05\x00\x01\xff\n" + one}, []kept{{0, "", 7, false}, {7, "", 10, false}}},
		"behind text":                  {[]string{"STARTTLS\n" + one}, []kept{{0, "STARTTLS", 9, true}, {9, "", 10, false}}},
		"behind bytes that are none":   {[]string{"\xff\n" + one + "\xfe\n"}, []kept{{0, "", 2, false}, {2, "", 10, false}, {12, "", 2, false}}},
		"text that begins nearly so":   {[]string{"\x17", "x\n"}, []kept{{0, "\x17x", 3, true}}},
		"one that does not end":        {[]string{one + one[:7]}, []kept{{0, "", 10, false}, {10, "", 7, false}}},
		"the stream was seen late":     {[]string{"\x80\x81\x82\x83 the rest", one, one}, []kept{{0, "", 13, false}, {13, "", 10, false}, {23, "", 10, false}}},
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

// Of a record whose header was read, the rest need not be; after one whose header was not,
// a packet that begins with a header is known again.
func TestTLSRecordsThatAreNotReadWhole(t *testing.T) {
	var s stream
	s.begin(0)
	require.Empty(t, s.fed(0, tlsRecord(23, strings.Repeat("x", 100))[:50], 20))
	require.Equal(t, []kept{{0, "", 105, false}}, s.fed(70, "x", 34))
	require.Equal(t, []kept{{105, "", 105, false}, {210, "", 30, false}}, s.fed(105, tlsRecord(23, strings.Repeat("x", 100))[:50], 85))
	require.Equal(t, []kept{{240, "", 10, false}}, s.fed(240, "0123456789", 0))
	require.Equal(t, []kept{{250, "", 6, false}, {256, "yo", 3, true}}, s.fed(250, tlsRecord(20, "\x01")+"yo\n", 0))
}

// The first byte of a part says which kind of piece it is.
func FuzzAnySegmentationGivesTheSamePieces(f *testing.F) {
	f.Add([]byte("\x00hello\xff\x01world\xff\x00\xff\x01\xff\x01\x17\x03\x03\x00\x05"), []byte{3, 1, 7, 1, 1, 1, 1, 30})
	f.Add([]byte("\x02\n\n\n\xff\x03"+strings.Repeat("\n\x17\x03\x03", 900)+"\xff\x00"+strings.Repeat("ü", 5_000)), []byte{255, 1, 2, 3, 4, 200})
	f.Fuzz(func(t *testing.T, parts, cuts []byte) {
		var all []byte
		var want []kept
		for part := range bytes.SplitSeq(parts, []byte{255}) {
			begin := uint64(len(all))
			switch {
			case len(part) == 0:
			case part[0]%2 == 0: // text, without what is in none
				line := strings.Map(func(r rune) rune {
					if r < ' ' {
						return 'x'
					}
					return r
				}, strings.ToValidUTF8(string(part[1:]), "ü"))
				all = append(all, line+"\n"...)
				want = append(want, kept{begin, line[:min(len(line), maxLine)], len(line) + 1, true})
			default:
				body := part[1:min(len(part), maxCiphertext)]
				all = append(all, tlsRecord(20+part[0]/2%4, string(body))...)
				want = append(want, kept{begin, "", recordHeader + len(body), false})
			}
		}
		var s stream
		s.begin(1)
		var got []kept
		for from, i := 0, 0; from < len(all); i++ {
			to := len(all)
			if i < len(cuts) {
				to = min(to, from+1+int(cuts[i]))
			}
			s.feed(segment{1 + uint32(from), all[from:to], 0}, keep(&got))
			from = to
		}
		require.Equal(t, want, append(got, s.flushed()...))
	})
}
