package stage

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// parting is how a caller ends its connection.
type parting int

const (
	hangsUp    parting = iota // by a half-close, and waits to be hung up on
	staysThere                // not at all
	resets                    // at once, by a reset
)

// hostile are bytes that any program that listens must survive. Each is sent to all
// systems, whatever language they are written in.
var hostile = []struct {
	name    string
	says    string
	parting parting
}{
	{"nothing", "", hangsUp},
	{"nothing, and stays", "", staysThere},
	{"nothing, and resets", "", resets},
	{"an empty line", "\n", hangsUp},
	{"many empty lines", strings.Repeat("\n", 5000), hangsUp},
	{"CRs without LF", "a\rb\rc\r", hangsUp},
	{"CRLF", "\r\n\r\n", hangsUp},
	{"half a line", "HELLO peerlab-ch", hangsUp},
	{"half a line, and stays", "HELLO peerlab-ch", staysThere},
	{"half a line, and resets", "HELLO peerlab-ch", resets},
	{"ESC", "\x1b[2J\x1b[H\x1b[31mred\n", hangsUp},
	{"OSC", "\x1b]0;owned\x07\n", hangsUp},
	{"C1", "\u009b2J\u0085\n", hangsUp},
	{"raw C1", "\x9b2J\x85\n", hangsUp},
	{"NUL", "\x00\x00\x00\n", hangsUp},
	{"BEL, BS, DEL", "\a\b\x7f\n", hangsUp},
	{"bidi controls", "\u202egnp.exe\u202c \u2066x\u2069\n", hangsUp},
	{"line separators", "one\u2028two\u2029three\n", hangsUp},
	{"invalid UTF-8", "\xff\xfe\xc3\x28\xf8\x88\n", hangsUp},
	{"half a character", "caf\xc3", hangsUp},
	{"an overlong slash", "..\xc0\xaf..\n", hangsUp},
	{"every byte", everyByte(), hangsUp},
	{"telnet", "\xff\xfd\x01\xff\xfb\x1f\xff\xf4\xff\xfd\x06hello\r\n", hangsUp},
	{"telnet, cut", "\xff\xfa\x18", hangsUp},
	{"HTTP", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", hangsUp},
	{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\xa5", 500), hangsUp},
	{"SSH", "SSH-2.0-OpenSSH_9.9\r\n", hangsUp},
	{"a long line", strings.Repeat("x", 70_000) + "\n", hangsUp},
	{"a megabyte without an end", strings.Repeat("x", 1<<20), hangsUp},
	{"a megabyte without an end, and resets", strings.Repeat("y", 1<<20), resets},
	{"lines of one byte", strings.Repeat("z\n", 2000), resets},
	{"another version of the chat", "HELLO peerlab-chat/99 9 1 127.0.0.1:1 new 0\n", hangsUp},
	{"the server's own name", "HELLO peerlab-chat/2 server 999999999999999999 127.0.0.1:1 in 0\n", staysThere},
	{"a name with a path", "HELLO peerlab-chat/2 ../../etc/passwd 1 127.0.0.1:1 new 0\n", hangsUp},
	{"a name that steers", "HELLO peerlab-chat/2 \x1b[2J 1 127.0.0.1:1 new 0\n", hangsUp},
	{"a name of 33 bytes", "HELLO peerlab-chat/2 " + strings.Repeat("n", 33) + " 1 127.0.0.1:1 new 0\n", hangsUp},
	{"a number too great", "HELLO peerlab-chat/2 9 99999999999999999999 127.0.0.1:1 new 0\n", hangsUp},
	{"a negative number", "HELLO peerlab-chat/2 9 -1 127.0.0.1:1 new 0\n", hangsUp},
	{"a port too great", "HELLO peerlab-chat/2 9 1 127.0.0.1:99999 new 0\n", hangsUp},
	{"HELLO, and no more", "HELLO peerlab-chat/2 9 1 127.0.0.1:1 new 0\n", staysThere},
	{"HELLO twice", strings.Repeat("HELLO peerlab-chat/2 9 1 127.0.0.1:1 new 0\n", 2), hangsUp},
	{"chat without a HELLO", "MSG 1 1 I am client 1\n", hangsUp},
	{"hearsay without a HELLO", "PEER 7 1 127.0.0.1:7 0\nBYE\n", hangsUp},
	{"a long PING", "PING " + strings.Repeat("p", 65) + "\n", hangsUp},
	{"a PING that steers", "PING \x1b[2J\n", hangsUp},
	{"an error", "ERR taken \x1b[2J\n", hangsUp},
	{"a way out of the folder", RelayHello + "GET 0 - - ../../../etc/passwd\n", hangsUp},
	{"an absolute path", RelayHello + "GET 0 - - /etc/passwd\n", hangsUp},
	{"backslashes", RelayHello + "GET 0 - - ..\\..\\boot.ini\n", hangsUp},
	{"a NUL in a path", RelayHello + "GET 0 - - a.txt\x00.png\n", hangsUp},
	{"a position too great", RelayHello + "GET 99999999999999999999 - - a.txt\n", hangsUp},
	{"a negative position", RelayHello + "GET -1 - - a.txt\n", hangsUp},
	{"an endless count", RelayHello + "GET 0 9223372036854775807 - a.txt\n", hangsUp},
	{"a digest of too much", RelayHello + "DIGEST 18446744073709551615 a.txt\n", hangsUp},
	{"a bad ID", RelayHello + "REGISTER \x1b[2J :1\n", hangsUp},
	{"another one's address", RelayHello + "REGISTER 00000000deadbeef 192.0.2.1:80\n", hangsUp},
	{"no port", RelayHello + "REGISTER 00000000deadbeef :0\n", hangsUp},
	{"requests, and no ear", RelayHello + strings.Repeat("LIST\n", 5000), staysThere},
	{"a message without a name", "Client : hello\n", hangsUp},
	{"a message without a text", "Client X\n", hangsUp},
	{"a message from ERR", "Client ERR: hello\n", hangsUp},
	{"a message that is too long", "Client X: " + strings.Repeat("m", 2000) + "\n", hangsUp},
	{"a message that steers", "Client \x1b[2J: \u202e\x07\n", hangsUp}, // these two are good ones for the
	{"another that steers", "Client X: \x9b2J\x00\xff\n", hangsUp},     // order system, and a round
	{"commands", "/who\n/nick \x1b[2J\n/nick " + strings.Repeat("n", 33) + "\n/nothing\n/quit\n", hangsUp},
	{"another one's prompt", "You: ('127.0.0.1', 1) at 00:00:00: I am another\n[127.0.0.1:1] is Offline\n", hangsUp},
}

func everyByte() string {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return string(all) + "\n"
}

// SendHostile sends all hostile bytes to each address, by eight callers at a time, and
// requires that the other side closes each connection that the caller half-closes. Some
// connections stay open until the test ends.
func SendHostile(t *testing.T, n Network, addresses ...string) {
	t.Helper()
	const atATime = 8
	turns := make(chan struct{}, atATime)
	errs := make(chan error, len(addresses)*len(hostile))
	var all sync.WaitGroup
	for _, address := range addresses {
		for _, h := range hostile {
			turns <- struct{}{}
			all.Go(func() {
				defer func() { <-turns }()
				if err := sendBytes(t, n, address, h.says, h.parting); err != nil {
					errs <- fmt.Errorf("%s, sent to %s: %w", h.name, address, err)
				}
			})
		}
	}
	all.Wait()
	close(errs)
	for err := range errs {
		assert.NoError(t, err)
	}
}

// sendBytes is one call. The error is that the other side does not close the connection.
func sendBytes(t *testing.T, n Network, address, what string, how parting) error {
	c, err := n.Dial(address)
	if err != nil {
		return err
	}
	conn := c.(*net.TCPConn)
	if err := conn.SetDeadline(time.Now().Add(callerTimeout)); err != nil {
		return err
	}
	_, err = io.Copy(conn, strings.NewReader(what)) // it may well be hung up on before
	switch how {
	case staysThere:
		t.Cleanup(func() { _ = conn.Close() })
		return nil
	case resets:
		_ = conn.SetLinger(0)
		return conn.Close()
	case hangsUp:
	}
	defer conn.Close()
	if err != nil {
		return nil
	}
	_ = conn.CloseWrite()
	var answer bytes.Buffer
	if _, err := io.Copy(&answer, conn); err != nil && !isReset(err) {
		return fmt.Errorf("after %q: %w", answer.Bytes()[:min(answer.Len(), 100)], err)
	}
	return nil
}
