package relay

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// A dialogue is a script of a connection to a relay or a node, one step a line:
//
//	C: TEXT            the dialler sends a line
//	C" "TEXT"          the dialler sends a quoted string, without a line end
//	C closes           the dialler closes its write side
//	S: TEXT            the listener sends this line
//	S TEXT             the listener sends a line that begins with TEXT
//	S" "TEXT"          the listener sends a quoted string
//	S closes           the listener closes the connection and sends nothing more
//	quiet              the listener sends nothing
//	waits DURATION     the duration passes
//	changes FILE "TEXT"  the file's content is replaced
//
// The dialler sends HELLO before the first step, unless the script begins with
// "no HELLO". <NAME> stands for the hash of a file.
type dialogue struct{ name, script string }

// sharedDialogues are those that a relay and a node answer alike.
var sharedDialogues = []dialogue{
	{"no request", "C closes\nS closes"},
	{"a browser", "no HELLO\nC: GET / HTTP/1.1\nS: ERR syntax received \"GET / HTTP/1.1\" instead of \"HELLO peerlab-relay/1\"\nS closes"},
	{"another version", "no HELLO\nC: HELLO peerlab-relay/2\nS: ERR version this is peerlab-relay/1\nS closes"},
	{"another protocol", "no HELLO\nC: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0\nS: ERR version this is peerlab-relay/1\nS closes"},
	{"HELLO is left out", "no HELLO\nC: NODES\nS: ERR syntax received \"NODES\" instead of \"HELLO peerlab-relay/1\"\nS closes"},
	{"HELLO twice", "C: HELLO peerlab-relay/1\nS ERR syntax\nS closes"},
	{"no verb", "C: \nS ERR syntax\nS closes"},
	{"small letters", "C: nodes\nS ERR syntax\nS closes"},
	{"control characters", "C\" \"\\x1b[2J\\n\"\nS ERR syntax \"\\x1b[2J\nS closes"},
	{"an endless line", "C\" \"" + strings.Repeat("x", 5000) + "\"\nS: ERR syntax a line of more than 4096 bytes\nS closes"},
	{"an endless HELLO", "no HELLO\nC\" \"" + strings.Repeat("x", 5000) + "\"\nS: ERR syntax a line of more than 4096 bytes\nS closes"},
	{"silence from the start", "no HELLO\nwaits 4.9s\nquiet\nwaits 100ms\nS: ERR timeout no request for 5s\nS closes"},
	{"silence after HELLO", "waits 4s\nquiet\nwaits 1s\nS: ERR timeout no request for 5s\nS closes"},
	{"a byte a second", `
		C" "N"
		waits 1s
		C" "O"
		waits 1s
		C" "D"
		waits 1s
		C" "E"
		waits 1s
		C" "S"
		waits 900ms
		quiet
		waits 100ms
		S: ERR timeout no request for 5s
		S closes`},
	{"a request that was cut", "C\" \"WHO\"\nC closes\nS closes"},
}

// relayDialogues are the dialogues with a relay.
var relayDialogues = []dialogue{
	{"no nodes", "C: NODES\nS: NODES 0 15\nC closes\nS closes"},
	{"a node registers and withdraws", `
		C: REGISTER 0123456789abcdef :7001
		S: OK 127.0.0.1:7001 15
		C: NODES
		S: NODES 1 15
		S: NODE 127.0.0.1:7001
		C: REGISTER 0123456789abcdee :7002
		S: OK 127.0.0.1:7002 15
		C: REGISTER 0123456789abcdef 127.0.0.1:7001
		S: OK 127.0.0.1:7001 15
		C: NODES
		S: NODES 2 15
		S: NODE 127.0.0.1:7001
		S: NODE 127.0.0.1:7002
		C: WITHDRAW 0123456789abcdef
		S: OK
		C: WITHDRAW 0123456789abcdef
		S: OK
		C: NODES
		S: NODES 1 15
		S: NODE 127.0.0.1:7002
		C closes
		S closes`},
	{"a lease ends", `
		C: REGISTER 0123456789abcdef :7001
		S: OK 127.0.0.1:7001 15
		waits 4s
		C: NODES
		S: NODES 1 15
		S: NODE 127.0.0.1:7001
		waits 4s
		C: WITHDRAW 0000000000000000
		S: OK
		waits 4s
		C: WITHDRAW 0000000000000000
		S: OK
		waits 3s
		C: NODES
		S: NODES 0 15`},
	{"several requests at once", `
		C" "REGISTER 0123456789abcdef :7001\nNODES\r\nWITHDRAW 0123456789abcdef\nNODES\n"
		S: OK 127.0.0.1:7001 15
		S: NODES 1 15
		S: NODE 127.0.0.1:7001
		S: OK
		S: NODES 0 15
		C closes
		S closes`},
	{"the address of another host", `
		C: REGISTER 0123456789abcdef 10.0.0.99:7001
		S: OK 127.0.0.1:7001 15`},
	{"an address where another node is", `
		C: REGISTER 0123456789abcdef 10.0.0.9:7009
		S: OK 127.0.0.1:7009 15`},
	{"an address where the node is", `
		C: REGISTER 00000000000000aa 10.0.0.9:7009
		S: OK 10.0.0.9:7009 15
		C: NODES
		S: NODES 1 15
		S: NODE 10.0.0.9:7009
		C: REGISTER 00000000000000aa :7009
		S: OK 127.0.0.1:7009 15
		C: NODES
		S: NODES 1 15
		S: NODE 127.0.0.1:7009`},
	{"an address that does not answer", `
		C: REGISTER 0123456789abcdef 10.0.0.8:7008
		waits 900ms
		quiet
		waits 100ms
		S: OK 127.0.0.1:7008 15`},
	{"an invalid ID", "C: REGISTER 0123456789ABCDEF :7001\nS: ERR syntax \"0123456789ABCDEF\" is not an ID\nS closes"},
	{"a short ID", "C: REGISTER 0123456789abcde :7001\nS: ERR syntax \"0123456789abcde\" is not an ID\nS closes"},
	{"an invalid address", "C: REGISTER 0123456789abcdef 7001\nS: ERR syntax \"7001\" is not HOST:PORT\nS closes"},
	{"port 0", "C: REGISTER 0123456789abcdef :0\nS: ERR syntax \":0\" is not HOST:PORT\nS closes"},
	{"a word too many", "C: REGISTER 0123456789abcdef :1 x\nS: ERR syntax \":1 x\" is not HOST:PORT\nS closes"},
	{"nothing to register", "C: REGISTER\nS: ERR syntax \"\" is not HOST:PORT\nS closes"},
	{"WITHDRAW without an ID", "C: WITHDRAW \nS: ERR syntax \"WITHDRAW \" is not a request to a relay\nS closes"},
	{"NODES with an argument", "C: NODES x\nS: ERR syntax \"NODES x\" is not a request to a relay\nS closes"},
	{"a request to a node", "C: GET 0 - - a.txt\nS: ERR syntax \"GET 0 - - a.txt\" is not a request to a relay\nS closes"},
}

func TestDialogues(t *testing.T) {
	for with, all := range map[string][]dialogue{"relay": append(sharedDialogues, relayDialogues...), "node": append(sharedDialogues, nodeDialogues...)} {
		for _, d := range all {
			t.Run(with+"/"+d.name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { play(t, with, d.script) }) })
		}
	}
}

var hashOfFile = regexp.MustCompile(`<[^>]+>`)

func play(t *testing.T, with, script string) {
	n := memnet.New()
	l := newLab(t, n)
	node := l.node("a.txt", "hello\n", "empty", "", "two words", "2", `"q" Ü`, "3", "large", large, "other", "x")
	elsewhere(t, l, n)
	addr := l.relay.Addr()
	if with == "node" {
		addr = node.Addr()
		secret := filepath.Join(folderOf(t, "secret", "secret"), "secret")
		require.NoError(t, os.Symlink(secret, filepath.Join(node.dir, "link")))
	}
	l.relay.leases = leases{}
	raw, err := n.Dial(context.Background(), "stranger", addr)
	require.NoError(t, err)
	conn := raw.(*memnet.Conn)
	defer conn.Close()
	in := bufio.NewReader(conn)
	if script = strings.TrimSpace(script); strings.HasPrefix(script, "no HELLO") {
		script = strings.TrimPrefix(script, "no HELLO\n")
	} else {
		_, err := io.WriteString(conn, hello+"\n")
		require.NoError(t, err)
	}
	script = hashOfFile.ReplaceAllStringFunc(script, func(name string) string {
		content, err := os.ReadFile(filepath.Join(node.dir, strings.Trim(name, "<>")))
		require.NoError(t, err)
		return hashed(string(content))
	})
	for line := range strings.SplitSeq(script, "\n") {
		line = strings.TrimLeft(line, "\t")
		step, rest, _ := strings.Cut(line, " ")
		if step != "waits" {
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Millisecond)), line)
		}
		switch step {
		case "C:":
			_, err = io.WriteString(conn, rest+"\n")
		case `C"`:
			_, err = io.WriteString(conn, unquote(t, rest))
		case "C":
			err = conn.CloseWrite()
		case "S:":
			var got string
			got, err = in.ReadString('\n')
			require.Equal(t, rest+"\n", got)
		case `S"`:
			want := unquote(t, rest)
			got := make([]byte, len(want))
			_, err = io.ReadFull(in, got)
			require.Equal(t, want, string(got))
		case "S":
			if rest != "closes" {
				var got string
				got, err = in.ReadString('\n')
				require.True(t, strings.HasPrefix(got, rest), "%q", got)
				break
			}
			left, err := io.ReadAll(in)
			require.NoError(t, err, "the connection stays open")
			require.Empty(t, string(left), "the listener sends more")
		case "quiet":
			_, err := in.ReadByte()
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		case "waits":
			d, err := time.ParseDuration(rest)
			require.NoError(t, err)
			<-time.After(d)
			synctest.Wait()
		case "changes":
			name, content, _ := strings.Cut(rest, " ")
			write(t, filepath.Join(node.dir, name), unquote(t, content))
		default:
			t.Fatalf("unknown step %q", line)
		}
		require.NoError(t, err, line)
	}
}

func unquote(t *testing.T, s string) string {
	t.Helper()
	raw, err := strconv.Unquote(s)
	require.NoError(t, err, s)
	return raw
}

// elsewhere starts a node on another host, at 10.0.0.9:7009, and a listener at
// 10.0.0.8:7008 that sends nothing.
func elsewhere(t *testing.T, l *lab, n *memnet.Network) {
	t.Helper()
	ln, err := n.Listen("10.0.0.9:7009")
	require.NoError(t, err)
	node := &Node{NodeConfig: NodeConfig{ID: "00000000000000aa", Log: l.logger()}, ln: ln}
	l.runs(func(ctx context.Context) {
		s := listener{ln, l.logger(), nil, node.handle}
		s.serve(ctx)
	})
	silent, err := n.Listen("10.0.0.8:7008")
	require.NoError(t, err)
	t.Cleanup(func() { silent.Close() })
}
