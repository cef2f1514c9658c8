// Package relay is a relay-based peer-to-peer system for files.
//
// A [Node] serves the files of a folder and registers its address with a [Relay],
// which lists it for as long as it renews a lease. A client, [Fetch], asks the relay
// for the nodes and then the nodes for files, by name. If a node fails in the
// middle of a file, the client continues at the next node from the same byte; a
// large file is read from several nodes at once. Every file is verified by its
// SHA-256 before it is printed or appears under its name.
//
// Relay and nodes share one protocol: requests and answers are lines of text, and
// the bytes of a file follow the line that announces their number. It is specified
// in docs/protocol.md, which is normative; protocol.go holds its limits and the
// parsing of its fields, session.go the listener's side of a connection, and
// call.go the dialler's.
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
	maxNodes    = 1024  // in a list; a client rejects longer ones
	maxFiles    = 10000 // in one answer to LIST
	requestTime = 5 * time.Second
	lease       = 15 * time.Second
)

// unknown stands for a hash that is not known, or for an unlimited count.
const unknown = "-"

// closes reports whether the listener closes the connection after this refusal.
func closes(r *lines.Refusal) bool { return r.Code != "notfound" && r.Code != "differs" }

// readLine reads a line of the protocol. The error is a refusal if the peer violated
// the protocol, and any other error if the connection ended.
func readLine(in *lines.Reader) (string, error) {
	line, err := in.Next()
	switch {
	case errors.Is(err, lines.ErrTooLong):
		return "", lines.Refuse("syntax", "a line of more than %d bytes", maxLine)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", lines.Refuse("timeout", "no answer in time")
	case err != nil:
		return "", err
	}
	return string(line), nil
}

// answer splits an answer into the n fields that follow its verb. It returns a
// refusal for an ERR line and for any line other than the expected one.
func answer(line, verb string, n int) ([]string, error) {
	if r, ok := lines.ParseRefusal(line); ok {
		return nil, r
	}
	f := strings.SplitN(line, " ", n+1)
	if f[0] != verb || len(f) != n+1 {
		return nil, lines.Refuse("syntax", "received %s instead of %s", lines.Quote([]byte(line)), verb)
	}
	return f[1:], nil
}

// CheckName returns an error unless name is a valid name for a request.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > maxName:
		return fmt.Errorf("a name of %d bytes exceeds the limit of %d", len(name), maxName)
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
			return fmt.Errorf("%s has a part of %d bytes, which exceeds the limit of 255", quoted(name), len(part))
		}
	}
	return nil
}

// quoted returns a name for use in a message: in quotes, with control characters
// escaped.
func quoted(name string) string { return strconv.Quote(name) }

func number(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || s != strconv.FormatInt(n, 10) {
		return 0, lines.Refuse("syntax", "%s is not a number", lines.Quote([]byte(s)))
	}
	return n, nil
}

// leaseOf parses the duration of a lease, in seconds, and limits it to lease.
func leaseOf(s string) (time.Duration, error) {
	n, err := number(s)
	return time.Duration(min(n, int64(lease/time.Second))) * time.Second, err
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}

// checkHash accepts a SHA-256 in hexadecimal, or unknown.
func checkHash(s string) error {
	if s != unknown && !isHex(s, 64) {
		return lines.Refuse("syntax", "%s is not a hash", lines.Quote([]byte(s)))
	}
	return nil
}

// splitAddr splits HOST:PORT. The host may be empty.
func splitAddr(addr string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(addr)
	n, e := number(port)
	if err != nil || e != nil || n == 0 || n > 65535 || len(addr) > 128 || !lines.Clean([]byte(addr)) || strings.ContainsAny(addr, " #") {
		return "", "", lines.Refuse("syntax", "%s is not HOST:PORT", lines.Quote([]byte(addr)))
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
