package chat

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

type dialogue struct {
	with wire.Name
	says string
}

// Dialogues with a member, by a program that dials it. C: is said to it, S: is its
// answer; "S closes" says that it closes the connection, "C closes" that the
// other side does; "screen" is what it shows next, "types" what is typed at it,
// "waits" how
// much time goes by, "lives" the same with a sign of life each second. C" is a quoted string, sent without a line end.
var dialogues = map[string]dialogue{
	"a new client is let in by the server": {wire.Server, `
		C: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0
		S: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0
		C: READY 0 0
		S: READY 0 0
		screen Client 1: initiated.
		types hello
		S: MSG server 1 hello
		C: MSG 1 1 hi
		screen Client 1: hi
		C: BYE
		screen Client 1: terminated.
		S closes`},
	"a client that has been with a server is back": {wire.Server, `
		C: HELLO peerlab-chat/2 1 500 127.0.0.1:6001 back 7
		S: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0
		C: READY 0 0
		S: READY 7 0
		screen Client 1: reconnected
		C: MSG 1 8 as I said
		screen Client 1: as I said`},
	"a client that met no server before is new to it": {wire.Server, `
		C: HELLO peerlab-chat/2 6 500 127.0.0.1:6006 in 0
		S: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0
		C: READY 0 0
		S: READY 0 0
		screen Client 6: initiated.`},
	"a server finds a client that waits for one": {"1", `
		C: HELLO peerlab-chat/2 server 2000 127.0.0.1:4001 in 0
		S: HELLO peerlab-chat/2 1 1001 127.0.0.1:6001 new 0
		C: READY 0 0
		S: READY 0 0
		screen Client 1: initiated.
		C: MSG server 1 welcome
		screen Server: welcome
		C: BYE
		screen Server: terminated.
		S closes`},
	"a client lets a client in, and tells it of another": {"1", `
		C: HELLO peerlab-chat/2 2 2000 127.0.0.1:6002 new 3
		S: HELLO peerlab-chat/2 1 1001 127.0.0.1:6001 new 0
		C: READY 0 0
		S: READY 0 0
		screen Client 2: initiated.
		screen Client 1: initiated.
		C: PEER 3 2001 127.0.0.1:6003 4
		C: PEER 1 900 127.0.0.1:6666 4
		C: PEER server 900 127.0.0.1:6666 4
		C: MSG 2 1 typed while I waited
		screen Client 2: typed while I waited
		C: MSG 2 1 typed while I waited
		C: MSG 2 5 next
		screen * Client 2: 3 lines lost
		screen Client 2: next`},
	"text is escaped": {wire.Server, `
		C: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0
		S: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0
		C: READY 0 0
		S: READY 0 0
		screen Client 1: initiated.
		C" "MSG 1 1 a\x1b[2Jb\x00c\u009bd\u202ee\xfff\n"
		screen Client 1: a\x1b[2Jb\x00c\u009bd\u202ee\xfff
		C" "MSG 1 2 \r\n"
		screen Client 1: 
		types a\tb
		S: AFTER 1 2000 2
		S: MSG server 1 a\tb`},
	"a line may come in pieces, and with CRLF": {wire.Server, `
		C" "HELLO peerlab-chat/2 1 2000 127.0.0.1:6001"
		waits 1s
		C" " new 0\r\nREADY"
		S: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0
		C" " 0 0\r\nMSG 1 1 a\nMSG 1 2 b\n"
		S: READY 0 0
		screen Client 1: initiated.
		screen Client 1: a
		screen Client 1: b`},
	"a line that was cut is not acted on": {wire.Server, `
		C: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0
		S: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0
		C: READY 0 0
		S: READY 0 0
		screen Client 1: initiated.
		C" "MSG 1 1 I owe you 10"
		C closes
		S closes`},
	"PING": {wire.Server, `
		C: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0
		S: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0
		C: READY 0 0
		S: READY 0 0
		screen Client 1: initiated.
		C: PING x1
		S: PONG x1`},
	"a health check":         {wire.Server, "\nC: PING well?\nS: PONG well?\nS closes"},
	"a browser":              {wire.Server, "\nC: GET / HTTP/1.1\nS: ERR syntax \"GET / HTTP/1.1\" is no message\nS closes"},
	"another version":        {wire.Server, "\nC: HELLO peerlab-chat/1 1\nS: ERR version another protocol or version: this is peerlab-chat/2\nS closes"},
	"a word too many":        {wire.Server, "\nC: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0 x\nS: ERR syntax \"HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0 x\": has a field too many\nS closes"},
	"a name that is none":    {wire.Server, "\nC: HELLO peerlab-chat/2 ../x 2000 127.0.0.1:6001 new 0\nS: ERR syntax \"HELLO peerlab-chat/2 ../x 2000 127.0.0.1:6001 new 0\": has no name where one belongs\nS closes"},
	"no greeting":            {wire.Server, "\nC: MSG 1 1 hello\nS: ERR syntax HELLO comes first\nS closes"},
	"an echo":                {wire.Server, "\nC: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0\nS: ERR self Server has reached itself\nS closes"},
	"another server":         {wire.Server, "\nC: HELLO peerlab-chat/2 server 77 127.0.0.1:4000 in 0\nS: ERR taken Server is here; stop it, or choose another ID\nS closes"},
	"an incarnation to come": {wire.Server, "\nC: HELLO peerlab-chat/2 1 999999999999999999 127.0.0.1:6001 new 0\nS: ERR clock the incarnation of Client 1 is more than a day ahead of the clock of Server; set the clocks\nS closes"},
	"nothing is said":        {wire.Server, "\nwaits 4s\nC\" \"HELL\"\nwaits 999ms\nS: ERR timeout the handshake took more than 5s\nS closes"},
	"half a handshake":       {wire.Server, "\nC: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0\nS: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0\nwaits 5s\nS: ERR timeout the handshake took more than 5s\nS closes"},
	"READY comes too early":  {wire.Server, "\nC: READY 0 0\nS: ERR syntax HELLO comes first\nS closes"},
	"an endless line":        {wire.Server, "\nC\" \"" + strings.Repeat("x", 17000) + "\"\nS: ERR syntax a line of more than 16640 bytes\nS closes"},
	"in another's name": {wire.Server, `
		C: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0
		S: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0
		C: READY 0 0
		S: READY 0 0
		screen Client 1: initiated.
		C: MSG 2 1 I am Client 2
		S: ERR sender Client 1 sent a line in the name of "2"
		S closes`},
	"a second HELLO": {wire.Server, `
		C: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0
		S: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0
		C: READY 0 0
		S: READY 0 0
		screen Client 1: initiated.
		C: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0
		S: ERR syntax HELLO is for the handshake
		S closes`},
}

func TestDialogues(t *testing.T) {
	for name, d := range dialogues {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { play(t, d.with, d.says) }) })
	}
}

func play(t *testing.T, with wire.Name, says string) {
	l := newLab(t)
	defer l.end()
	addr := serverAddr
	if with != wire.Server {
		addr = clientAddr(string(with))
	}
	a := l.start(with, addr, nil)
	conn, err := l.net.Dial(context.Background(), "stranger", addr)
	require.NoError(t, err)
	defer conn.Close()
	in := bufio.NewReader(conn)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Hour)))
	var shown int
	for line := range strings.SplitSeq(strings.TrimSpace(says), "\n") {
		line = strings.TrimLeft(line, "\t")
		what, rest, _ := strings.Cut(line, " ")
		switch what {
		case "C:":
			_, err = io.WriteString(conn, rest+"\n")
		case `C"`:
			var raw string
			raw, err = strconv.Unquote(rest)
			require.NoError(t, err, line)
			_, err = io.WriteString(conn, raw)
		case "C":
			err = conn.Close()
		case "S:":
			var got string
			for got == "" || got == "\n" { // a sign of life
				got, err = in.ReadString('\n')
			}
			require.Equal(t, rest, strings.TrimSuffix(got, "\n"))
		case "S":
			b, err := in.ReadByte()
			for b == '\n' && err == nil {
				b, err = in.ReadByte()
			}
			require.Error(t, err, "it says more, and does not close")
		case "screen":
			synctest.Wait()
			lines := a.screen.lines()
			require.Greater(t, len(lines), shown, "nothing more is shown than %q", lines)
			require.Equal(t, rest, lines[shown])
			shown++
		case "types":
			a.types(rest)
		case "waits":
			d, err := time.ParseDuration(rest)
			require.NoError(t, err)
			<-time.After(d)
		case "lives":
			d, err := time.ParseDuration(rest)
			require.NoError(t, err)
			for end := time.Now().Add(d); time.Now().Before(end); {
				_, err = io.WriteString(conn, "\n")
				require.NoError(t, err)
				<-time.After(time.Second)
			}
		default:
			t.Fatalf("what is %q?", line)
		}
		require.NoError(t, err, line)
	}
	synctest.Wait()
	if shown == 0 {
		require.Equal(t, []string{""}, a.screen.lines(), "it shows a line that was not typed")
	} else {
		require.Len(t, a.screen.lines(), shown, "it shows more")
	}
}
