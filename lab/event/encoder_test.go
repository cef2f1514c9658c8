package event

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func FuzzTheEncoderWritesWhatPackageJSONWrites(f *testing.F) {
	f.Add("client1", "hello", int64(1764400000123456789), uint16(3), true)
	f.Add("", "a <b> & \"c\" \\ \x00\x7f\xff grüße \u2028 世界", int64(0), uint16(0), false)
	f.Fuzz(func(t *testing.T, name, text string, at int64, n uint16, linked bool) {
		e := Event{Time: time.Unix(0, at), Kind: Received, Version: int(n), Process: name, Life: int(n), Text: text, Bytes: int(n)}
		if linked {
			e.Link = &Link{From: name, To: text, Connection: int(n), Offset: uint64(n), Sequence: uint32(at)}
		}
		var want bytes.Buffer
		to := json.NewEncoder(&want)
		to.SetEscapeHTML(false)
		var got encoder
		got.add(&e, []byte(text), Received)
		got.add(&e, []byte(text), Received, Sent) // with the time and link of the one before
		e.Time = e.Time.UTC().Truncate(time.Microsecond)
		for _, e.Kind = range []Kind{Received, Received, Sent} {
			require.NoError(t, to.Encode(e))
		}
		require.Equal(t, want.String(), string(got.out))
	})
}

// Each byte at each place of a word is found.
func TestPlain(t *testing.T) {
	for b := range 256 {
		for at := range 20 {
			text := []byte("all of them are plain")
			text[at] = byte(b)
			require.Equal(t, strconv.Quote(string(text)) == `"`+string(text)+`"`, Plain(text), "%q", text)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	r := NewRecorder(io.Discard)
	text := bytes.Repeat([]byte("x"), 63)
	at := time.Now()
	b.ReportAllocs()
	for i := range b.N {
		r.AddText(Event{Time: at, Link: &Link{From: "client1", To: "client2", Connection: 12, Offset: uint64(i) * 64}, Bytes: 64}, text, Sent, Received)
	}
	b.StopTimer()
	require.NoError(b, r.Close())
}
