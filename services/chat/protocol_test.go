package chat

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	hello := message{verb: verbHello, name: []byte("3"), incarnation: 12, addr: []byte("127.0.0.1:6003"), state: stateNew, seq: 4}
	good := map[string]message{
		"HELLO peerlab-chat/1 3 12 127.0.0.1:6003 new 4": hello,
		"READY 0 3":                  {verb: verbReady, count: 3},
		"PEER 2 7 [::1]:6002 9":      {verb: verbPeer, name: []byte("2"), incarnation: 7, addr: []byte("[::1]:6002"), seq: 9},
		"PEER a-b.c_d 7 host:1 9":    {verb: verbPeer, name: []byte("a-b.c_d"), incarnation: 7, addr: []byte("host:1"), seq: 9},
		"MSG 3 17 hello there":       {verb: verbMsg, name: []byte("3"), seq: 17, text: []byte("hello there")},
		"MSG 3 17 ":                  {verb: verbMsg, name: []byte("3"), seq: 17, text: []byte{}},
		"MSG 3 17  two  spaces ":     {verb: verbMsg, name: []byte("3"), seq: 17, text: []byte(" two  spaces ")},
		"PING é":                     {verb: verbPing, token: []byte("é")},
		"PONG x":                     {verb: verbPong, token: []byte("x")},
		"AFTER 3 12 17":              {verb: verbAfter, name: []byte("3"), incarnation: 12, seq: 17},
		"HAVE server 12 0":           {verb: verbHave, name: []byte("server"), incarnation: 12},
		"WANT 3 12 17":               {verb: verbWant, name: []byte("3"), incarnation: 12, seq: 17},
		"LINES 3 12 2":               {verb: verbLines, name: []byte("3"), incarnation: 12, count: 2},
		"BYE":                        {verb: verbBye},
		"":                           {verb: verbBeat},
		"ERR taken somebody is here": {verb: verbErr, token: []byte("taken"), text: []byte("somebody is here")},
	}
	for line, want := range good {
		got, err := parse([]byte(line))
		require.NoError(t, err, line)
		require.Equal(t, want, got, line)
		require.Equal(t, line+"\n", string(got.append(nil)))
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
		"PEER 2 7 host:0 9":               "no HOST:PORT",
		"PEER 2 7 host:70000 9":           "no HOST:PORT",
		"HELLO peerlab-chat/1 3 12 127.0.0.1:6003 old 4": "no state",
		"HELLO http/1 3 12 127.0.0.1:6003 new 4":         "another protocol",
		"HELLO":                                          "another protocol",
	}
	for line, want := range bad {
		_, err := parse([]byte(line))
		require.ErrorContains(t, err, want, line)
	}
}

func TestParseDoesNotAllocateForALineOfChat(t *testing.T) {
	line := []byte("MSG 3 17 hello there")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := parse(line); err != nil {
			t.Error(err)
		}
	}))
}

func TestParseID(t *testing.T) {
	for _, id := range []string{"1", "42", "alice", "A-1_b.c", strings.Repeat("x", 32)} {
		n, err := ParseID(id)
		require.NoError(t, err)
		require.Equal(t, "Client "+id, n.Who())
	}
	for _, id := range []string{"", "../x", "-1", "3\n", "a b", "é", ".", "server", "Server", strings.Repeat("x", 33), "\x1b[2J"} {
		_, err := ParseID(id)
		require.Error(t, err, "%q", id)
		require.NotContains(t, err.Error(), "\x1b")
	}
	require.Negative(t, Name("2").compare("10"))
	require.Negative(t, server.compare("1"))
	require.Positive(t, Name("b").compare("a"))
}

func TestCheckText(t *testing.T) {
	require.NoError(t, CheckText([]byte("héllo, wörld")))
	require.NoError(t, CheckText(bytes.Repeat([]byte("x"), maxText)))
	require.ErrorContains(t, CheckText(bytes.Repeat([]byte("x"), maxText+1)), "more than a line holds")
	for _, text := range []string{"a\nb", "a\rb", "\x1b[2J", "\u009b", "\u202e", "\xff", "\t"} {
		require.ErrorContains(t, CheckText([]byte(text)), "control characters", "%q", text)
	}
}

// What is taken for an address at first sight is one.
func TestPlainAddresses(t *testing.T) {
	for addr, plain := range map[string]bool{
		"127.0.0.1:6002": true, "10.0.0.254:1": true, "255.255.255.255:65535": true, "1:00080": true,
		"": false, ":6002": false, "127.0.0.1": false, "127.0.0.1:": false, "127.0.0.1:0": false, "127.0.0.1:65536": false,
		"127.0.0.1:600200": false, "127.0.0.1:6002:1": false, "host:6002": false, "[::1]:6002": false, "127.0.0.1 :6002": false,
		strings.Repeat("1", maxAddr-5) + ":6002": true, strings.Repeat("1", maxAddr-4) + ":6002": false,
	} {
		require.Equal(t, plain, plainAddr([]byte(addr)), addr)
		if plain {
			require.NoError(t, checkAddr(addr), addr)
		}
	}
}
