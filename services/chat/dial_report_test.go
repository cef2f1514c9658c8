package chat

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

func TestWhatTheFailureOfADialSays(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		fresh bool
		want  string // "": nothing that a person can change
	}{
		"an HTTP server":           {lines.Refuse("syntax", `"HTTP/1.1 400 Bad Request" is no message`), false, "a:1 answers, but not as the server"},
		"a relay":                  {fmt.Errorf("refused: %w", theirRefusal{lines.Refuse("version", "peerlab-relay/1")}), false, "a:1 answers, but not as the server"},
		"an echo":                  {lines.Refuse("self", "it has reached itself"), false, "a:1 answers, but not as the server"},
		"a client":                 {lines.Refuse("wrong", "Client 1 is here"), false, "a:1 answers, but not as the server"},
		"the listener itself":      {theirRefusal{lines.Refuse("self", "it has reached itself")}, false, "a:1 answers, but not as the server"},
		"a server without room":    {theirRefusal{lines.Refuse("full", "no room")}, false, "a:1 has no room"},
		"a program that is silent": {lines.Refuse("timeout", "more than 5s"), true, "a:1 takes connections, but does not answer"},
		"a server that is stopped": {lines.Refuse("timeout", "more than 5s"), false, ""},
		"a program that closes":    {io.EOF, true, "a:1 takes connections and closes them"},
		"a server that is killed":  {syscall.ECONNRESET, false, ""},
		"no program":               {syscall.ECONNREFUSED, true, "no server at a:1; waiting for it"},
		"no server any more":       {syscall.ECONNREFUSED, false, ""},
		"PORT1 in use":             {tcp.ErrSourceBusy, true, "cannot call the server at a:1 from PORT1"},
		"two dials that cross":     {theirRefusal{lines.Refuse("crossed", "")}, true, ""},
		"a server that leaves":     {theirRefusal{lines.Refuse("leaving", "")}, true, ""},
		"a link that came first":   {lines.Refuse("crossed", ""), true, ""},
		"no room here":             {lines.Refuse("full", ""), true, ""},
		"another handshake":        {errOvertaken, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := failed(test.err, test.fresh)
			if test.want == "" {
				require.Nil(t, f)
				return
			}
			require.True(t, strings.HasPrefix(fmt.Sprintf(f.text, "a:1", "server", "the server of the chat", "check it"), test.want), f.text)
		})
	}
}

func TestADialReportIsDueOnce(t *testing.T) {
	r := dialReports{}
	var due []int
	for i := range 20 {
		if r.due("no server at a:1", patience) {
			due = append(due, i)
		}
	}
	require.Equal(t, []int{4}, due)
	require.True(t, r.due("b:1 answers", 1))
	require.True(t, r.due("a:1 answers", 1))
	for i := range 1000 {
		r.due(fmt.Sprint(i), 1)
	}
	require.Len(t, r, maxReports)
}

// strangers are programs that are not of the chat, by what they do with a connection.
var strangers = map[string]func(net.Conn){
	"relay": func(c net.Conn) {
		_, _ = bufio.NewReader(c).ReadString('\n')
		_, _ = io.WriteString(c, "ERR version this is peerlab-relay/1\n")
	},
	"web": func(c net.Conn) {
		_, err := http.ReadRequest(bufio.NewReader(c))
		fmt.Fprintf(c, "HTTP/1.1 400 Bad Request: %v\r\n\r\n", err)
	},
	"echo":   func(c net.Conn) { _, _ = io.Copy(c, c) },
	"silent": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
	"closed": func(net.Conn) {},
}

// serves runs a program at an address until the lab ends.
func (l *lab) serves(addr string, handle func(net.Conn)) {
	ln, err := l.net.Listen(addr)
	require.NoError(l.t, err)
	l.strangers.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			l.strangers.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	l.strangers.Go(func() {
		<-l.over
		ln.Close()
	})
}

// warnings returns the warnings in the log of a member that contain a text.
func (a *actor) warnings(text string) (found []string) {
	for _, line := range a.log.lines() {
		if strings.Contains(line, "level=WARN") && strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// Fault U4: a client that was pointed at another program than the server was silent for ever. So was one with a wrong -peer.
func TestAClientAtAWrongAddressSaysSo(t *testing.T) {
	for name, handle := range strangers {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, l *lab) {
				const peer = "127.0.0.1:7009"
				l.serves(serverAddr, handle)
				l.serves(peer, handle)
				one := l.start("1", clientAddr("1"), nil, peer)
				<-time.After(2 * time.Minute)
				require.Len(t, one.warnings(serverAddr), 1, "%s", one.log.lines())
				require.Contains(t, one.warnings(serverAddr)[0], "-server")
				require.Len(t, one.warnings(peer), 1, "%s", one.log.lines())
				require.Contains(t, one.warnings(peer)[0], "check -peer")
				one.shows()
			})
		})
	}
}

// Fault U4: a server whose registry leads to other programs says so, of each once; not of addresses that are only hearsay.
func TestARegistryThatLeadsToOthersIsReported(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		l.serves("127.0.0.1:6003", strangers["web"])
		l.serves("127.0.0.1:7007", strangers["web"])
		l.client("1")
		s := l.start(wire.Server, serverAddr, func(m *member) {
			m.registry = registry.New(registry.Entry{Name: "3", Addr: "127.0.0.1:6003"}, registry.Entry{Name: "4", Addr: clientAddr("1")},
				registry.Entry{Name: "5", Addr: serverAddr}, registry.Entry{Name: "6", Addr: "127.0.0.1:6006"})
		})
		conn, _ := l.stranger(serverAddr, "HELLO peerlab-chat/2 9 2000 127.0.0.1:9 new 0")
		fmt.Fprintln(conn, "PEER 7 5 127.0.0.1:7007 0")
		<-time.After(2 * time.Minute)
		for name, addr := range map[string]string{"Client 3": "127.0.0.1:6003", "Client 4": clientAddr("1"), "Client 5": serverAddr} {
			require.Len(t, s.warnings(addr+" answers, but not as "+name), 1, "%s", s.log.lines())
		}
		require.Len(t, s.warnings("but not as"), 3)
	})
}
