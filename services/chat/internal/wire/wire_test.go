package wire

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	three, two := ID{"3", 12}, ID{"2", 7}
	good := map[string]Message{
		"HELLO peerlab-chat/2 3 12 127.0.0.1:6003 new 4": &Hello{three, "127.0.0.1:6003", StateNew, 4},
		"READY 0 3":                      &Ready{0, 3},
		"PEER 2 7 [::1]:6002 9":          &Peer{two, "[::1]:6002", 9},
		"PEER a-b.c_d 7 [::1]:1 9":       &Peer{ID{"a-b.c_d", 7}, "[::1]:1", 9},
		"MSG 3 17 hello there":           &Msg{"3", 17, []byte("hello there")},
		"MSG 3 17 ":                      &Msg{"3", 17, []byte{}},
		"MSG 3 17  two  spaces ":         &Msg{"3", 17, []byte(" two  spaces ")},
		"PING é":                         &Ping{[]byte("é")},
		"PONG x":                         &Pong{[]byte("x")},
		"AFTER 3 12 17":                  &After{three, 17},
		"HAVE server 12 0":               &Have{ID{Server, 12}, 0},
		"WANT 3 12 17":                   &Want{three, 17},
		"LINES 3 12 2":                   &Lines{three, 2},
		"BYE":                            &Bye{},
		"WATCH":                          &Watch{},
		"UNWATCH":                        &Unwatch{},
		"SUSPECT 3 12":                   &Suspect{three},
		"":                               &Keepalive{},
		"ERR taken another one is there": &Err{[]byte("taken"), []byte("another one is there")},
	}
	for line, want := range good {
		got, err := Parse([]byte(line))
		require.NoError(t, err, line)
		require.Equal(t, want, got, line)
		require.Equal(t, line+"\n", string(got.Append(nil)))
		verb, _, _ := strings.Cut(line, " ")
		require.Equal(t, verb, Verb(got))
	}
	bad := map[string]string{
		"msg 3 17 hello":                  "is no message",
		"MSG":                             "is cut short",
		"MSG 3 17":                        "is cut short",
		"MSG  17 hello":                   "no name",
		"MSG ../x 17 hello":               "no name",
		"MSG 3 -1 hello":                  "no number",
		"MSG 3 017 hello":                 "no number",
		"MSG 3 1e9 hello":                 "no number",
		"MSG 3 1234567890123456789 hello": "no number",
		" ":                               "a field too many",
		"AFTER 3 12":                      "is cut short",
		"AFTER 3 12 17 ":                  "a field too many",
		"AFTER 3 x 17":                    "no number",
		"HAVE ../x 12 17":                 "no name",
		"WANT 3 12 -1":                    "no number",
		"LINES 3 12":                      "is cut short",
		"LINES 3 12 1 x":                  "a field too many",
		"READY":                           "is cut short",
		"READY 1 2 3":                     "a field too many",
		"READY 1 2 ":                      "a field too many",
		"BYE ":                            "a field too many",
		"PING":                            "is cut short",
		"PING ":                           "no token",
		"PING a b":                        "a field too many",
		"PING " + strings.Repeat("x", 65): "no token",
		"PEER 2 7 6002 9":                 "no HOST:PORT",
		"PEER 2 7 :6002 9":                "no HOST:PORT",
		"PEER 2 7 127.0.0.1:0 9":          "no HOST:PORT",
		"PEER 2 7 127.0.0.1:70000 9":      "no HOST:PORT",
		"HELLO peerlab-chat/2 3 12 127.0.0.1:6003 old 4": "no state",
		"HELLO http/1 3 12 127.0.0.1:6003 new 4":         "another protocol",
		"HELLO":                                          "another protocol",
	}
	for line, want := range bad {
		_, err := Parse([]byte(line))
		require.ErrorContains(t, err, want, line)
	}
}

func TestParseID(t *testing.T) {
	for _, id := range []string{"1", "42", "alice", "A-1_b.c", strings.Repeat("x", 32)} {
		n, err := ParseID(id)
		require.NoError(t, err)
		require.Equal(t, "Client "+id, n.Display())
	}
	for _, id := range []string{"", "../x", "-1", "3\n", "a b", "é", ".", "server", "Server", strings.Repeat("x", 33), "\x1b[2J"} {
		_, err := ParseID(id)
		require.Error(t, err, "%q", id)
		require.NotContains(t, err.Error(), "\x1b")
	}
	require.Negative(t, Name("2").Compare("10"))
	require.Negative(t, Server.Compare("1"))
	require.Positive(t, Name("b").Compare("a"))
}

func TestCheckText(t *testing.T) {
	require.NoError(t, CheckText([]byte("héllo, wörld")))
	require.NoError(t, CheckText(bytes.Repeat([]byte("x"), MaxText)))
	require.ErrorContains(t, CheckText(bytes.Repeat([]byte("x"), MaxText+1)), "more than a line holds")
	for _, text := range []string{"a\nb", "a\rb", "\x1b[2J", "\u009b", "\u202e", "\xff", "\t"} {
		require.ErrorContains(t, CheckText([]byte(text)), "control characters", "%q", text)
	}
}

// FuzzParse: a line that can be parsed is appended as the same line.
func FuzzParse(f *testing.F) {
	for _, line := range []string{
		"HELLO peerlab-chat/2 3 12 127.0.0.1:6003 new 4", "READY 0 2", "PEER 2 7 [::1]:6002 9", "MSG 3 17 hello there",
		"AFTER 3 12 17", "HAVE server 12 0", "WANT 3 12 17", "LINES 3 12 2", "", "PING x", "PONG x",
		"BYE", "ERR taken x", "MSG 3 17 \xff\x00", "MSG", " ", "HELLO peerlab-chat/2 3 12 [::1%lo]:1 in 4",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.ContainsAny(line, "\n") {
			return // lines.Reader returns none
		}
		m, err := Parse(line)
		if err != nil {
			return
		}
		require.Equal(t, string(line)+"\n", string(m.Append(nil)))
	})
}

func BenchmarkParse(b *testing.B) {
	for _, line := range []string{"MSG 2 1234567 " + strings.Repeat("x", 64), "PEER 17 1234567890123456 127.0.0.1:6017 1234567", "AFTER 17 1234567890123456 1234567"} {
		b.Run(line[:bytes.IndexByte([]byte(line), ' ')], func(b *testing.B) {
			text := []byte(line)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseID(b *testing.B) {
	for b.Loop() {
		if _, err := ParseID("42"); err != nil {
			b.Fatal(err)
		}
	}
}
