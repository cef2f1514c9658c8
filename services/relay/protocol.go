// Package relay is a relay-based peer-to-peer system for files: nodes announce
// themselves to a relay, a client asks it for the nodes and fetches files by
// name from whichever of them has them.
//
// # Protocol
//
// Every connection begins with the dialler's line
//
//	HELLO peerlab-relay/1
//
// and goes on with requests, each answered before the next one is read; more
// may be sent ahead. Requests and responses are lines of text, UTF-8, a verb,
// its fields and free text last, one space between them, LF at the end (CRLF is
// tolerated), at most 4,096 bytes. The dialler closes when it has all that it
// wants, and the listener then does. A listener waits 5 seconds for a request.
//
// Requests to a relay:
//
//	REGISTER ID HOST:PORT   a node takes connections there; HOST may be left out
//	    OK HOST:PORT LEASE      it is listed under that address for LEASE seconds
//	WITHDRAW ID             that node goes, if it registered from the same host
//	    OK
//	NODES                   who is there?
//	    NODES COUNT LEASE       COUNT lines follow; good for LEASE seconds
//	    NODE HOST:PORT          the one that has been there longest comes first
//
// ID is 16 hexadecimal digits that a node draws when it starts. The address that
// counts is the one that the connection came from; another HOST counts only if
// the relay can reach the very node there, which it asks WHO.
//
// Requests to a node:
//
//	WHO                     who is there?
//	    NODE ID
//	LIST [AFTER]            what is there? Only what comes after the name AFTER
//	    FILES COUNT             COUNT lines follow, at most 10,000: if it is that
//	                            many, LIST and the last NAME asks for the next
//	    FILE SIZE HASH NAME     HASH is "-" if it has not been computed
//	STAT NAME               is it there, and which version? Waits for the hash
//	    FILE SIZE HASH NAME
//	DIGEST COUNT NAME       what is the hash of its first COUNT bytes? They are
//	    DIGEST COUNT HASH       read for that, whatever is remembered
//	GET FROM COUNT HASH NAME   bytes from FROM on, at most COUNT ("-": all); HASH
//	                           asks for that version alone, "-" for any
//	    SEND SIZE HASH COUNT    the size of the file, its hash or "-", and how many
//	                            bytes follow this line; then exactly those
//	    END HASH                after the bytes: all were of one version; HASH is "-"
//	                            if it is still not known and the end was not sent
//
// HASH is the SHA-256 of the whole file in 64 hexadecimal digits. NAME is the
// path of a file below the node's folder, with slashes; it is not empty, has no
// control characters, and none of its parts is ".." or ".". A node that has
// sent a part of a file over a connection, or its DIGEST, answers further GETs
// and DIGESTs for it there from the same version, or not at all, until one for
// another file comes.
//
// Any request may be answered instead, the connection being closed after it
// unless the code is notfound or differs, by
//
//	ERR CODE REASON
//
//	syntax    no request of this protocol, too long, or out of order
//	version   another protocol or version
//	timeout   no request for 5 seconds
//	full      no room for another node, or to serve another client
//	name      NAME is not one that can be asked for
//	notfound  no file of that name is offered
//	differs   the file is there, but not in the version asked for
//	changed   the file changed while it was sent: what was sent is worth nothing
//	failed    the file could not be read, or the node's folder is gone
package relay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"peerlab/services/internal/lines"
)

// hello opens every connection.
const hello = "HELLO peerlab-relay/1"

const (
	maxLine     = 4096
	maxName     = 1024
	maxNodes    = 1024  // a relay lists, and a client believes
	maxFiles    = 10000 // in one answer to LIST
	requestTime = 5 * time.Second
	lease       = 15 * time.Second
)

// unknown stands for a hash that is not known, or a count that is not limited.
const unknown = "-"

// refusal is an ERR line, sent or received.
type refusal struct{ code, reason string }

func (r *refusal) Error() string { return r.code + ": " + r.reason }

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

func (r *refusal) line() string {
	return "ERR " + r.code + " " + string(lines.Escape(nil, []byte(r.reason)))
}

// closes reports whether the connection ends with this refusal.
func (r *refusal) closes() bool { return r.code != "notfound" && r.code != "differs" }

// is reports whether err is a refusal with the given code.
func is(err error, code string) bool {
	var r *refusal
	return errors.As(err, &r) && r.code == code
}

// readLine reads a line of the protocol. A refusal says that the other side has
// broken it, any other error that the connection has ended.
func readLine(in *lines.Reader) (string, error) {
	line, err := in.Next()
	switch {
	case errors.Is(err, lines.ErrTooLong):
		return "", refuse("syntax", "a line of more than %d bytes", maxLine)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", refuse("timeout", "nothing came for too long")
	case err != nil:
		return "", err
	}
	return string(line), nil
}

// answer splits a response into the n fields that follow its verb. An ERR line
// is returned as a refusal, and so is anything else that was not to come.
func answer(line, verb string, n int) ([]string, error) {
	if rest, ok := strings.CutPrefix(line, "ERR "); ok {
		code, reason, _ := strings.Cut(rest, " ")
		return nil, &refusal{string(lines.Escape(nil, []byte(code))), string(lines.Escape(nil, []byte(reason)))}
	}
	f := strings.SplitN(line, " ", n+1)
	if f[0] != verb || len(f) != n+1 {
		return nil, refuse("syntax", "%s is not the %s that was expected", lines.Quote([]byte(line)), verb)
	}
	return f[1:], nil
}

// CheckName returns an error unless name is one that a file may be asked for by.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > maxName:
		return fmt.Errorf("a name of %d bytes; %d are the limit", len(name), maxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("%s is not UTF-8: rename the file to fetch it", quoted(name))
	case !lines.Clean([]byte(name)):
		return fmt.Errorf("%s has control characters: rename the file to fetch it", quoted(name))
	case strings.HasPrefix(name, "/"), strings.Contains(name, `\`):
		return fmt.Errorf("%s is not the name of a file of a node: no leading slash, no backslash", quoted(name))
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "", part == ".", part == "..":
			return fmt.Errorf("%s is not the name of a file of a node: no empty part, no . and no .. between slashes", quoted(name))
		case len(part) > 255:
			return fmt.Errorf("%s has a part of %d bytes; 255 are the limit", quoted(name), len(part))
		}
	}
	return nil
}

// quoted returns a name for use within a message: in quotes, with all that could
// steer a terminal escaped.
func quoted(name string) string { return strconv.Quote(name) }

func number(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || s != strconv.FormatInt(n, 10) {
		return 0, refuse("syntax", "%s is no number", lines.Quote([]byte(s)))
	}
	return n, nil
}

// leaseOf takes in what a relay says of a lease, in seconds. Ours are the longest.
func leaseOf(s string) (time.Duration, error) {
	n, err := number(s)
	return time.Duration(min(n, int64(lease/time.Second))) * time.Second, err
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}

// checkHash accepts a SHA-256, or the sign that it is not known.
func checkHash(s string) error {
	if s != unknown && !isHex(s, 64) {
		return refuse("syntax", "%s is no hash", lines.Quote([]byte(s)))
	}
	return nil
}

// splitAddr takes HOST:PORT apart; the host may be empty.
func splitAddr(addr string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(addr)
	n, e := number(port)
	if err != nil || e != nil || n == 0 || n > 65535 || len(addr) > 128 || !lines.Clean([]byte(addr)) || strings.ContainsAny(addr, " #") {
		return "", "", refuse("syntax", "%s is not HOST:PORT", lines.Quote([]byte(addr)))
	}
	return host, port, nil
}

func writeLine(w io.Writer, format string, args ...any) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, format, args...)
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}
