// Package room is a chat room over TCP: a Server sends every line of a client to
// all other clients, and a Client connects a terminal to it. Both sides send bare
// lines of text, so that nc, telnet and a program of ten lines are clients too.
//
// docs/protocol.md defines the protocol, in its section Room. On the server a
// session handles each connection (session.go). Its reader splits the client's
// bytes into lines (source.go, telnet.go) and executes commands (commands.go,
// nick.go). All other lines go into one transcript (transcript.go), from which each
// session's writer (writer.go) sends them, merged (merge.go). A slow client delays
// no other, but slows down clients that flood the room (pace.go).
package room

import (
	"fmt"
	"strings"
	"time"

	"peerlab/services/internal/lines"
)

const (
	maxLine = 4096 // bytes in a line of a client
	maxNick = 32   // bytes in a name

	silence = 200 * time.Millisecond // without a byte ends the line of a client that has never sent an LF
	arrival = 100 * time.Millisecond // from accepting a connection to announcing it
)

// Lines that the server sends to one client.
const (
	lineReserved = "The names You and Server, and names that look like them, are reserved; choose another name\n"
	lineGreeting = "Connection with the server has been established\n"
	lineGoodbye  = "Connection with the server has been closed\n"
	lineHelp     = "/who lists who is Online, /nick NAME sets your name, /quit leaves, //TEXT sends /TEXT; any other line is sent to all others\n"
)

var (
	lineFull    = fmt.Sprintf("The room is full: it holds %d clients\n", maxSessions)
	lineTooLong = fmt.Sprintf("Not sent: a line holds at most %d bytes\n", maxLine)
	lineNick    = fmt.Sprintf("/nick NAME, and a NAME has 1 to %d bytes: letters, digits, _ - and ., a letter first, and does not look like an address\n", maxNick)
)

const (
	formClock  = "15:04:05"
	formMoment = "2006-01-02 15:04:05.000000"
)

// name identifies a client. Its forms are those of a Python tuple and of
// f"[{host}:{port}]", as in the programs of the assignment.
type name struct {
	host, port string
	addr       string // HOST:PORT
	nick       string // empty if the client has not set one
}

// tuple is the client on the server's screen.
func (n name) tuple() string { return fmt.Sprintf("(%s, %s)", n.host, n.port) }

// label is the client in events and in the answer to /who.
func (n name) label() string {
	if n.nick != "" {
		return "[" + n.nick + "]"
	}
	return "[" + n.addr + "]"
}

// speaker is the constant beginning of the client's lines.
func (n name) speaker() string {
	if n.nick != "" {
		return n.nick + " at "
	}
	return fmt.Sprintf("('%s', %s) at ", n.host, n.port)
}

func (n name) online() string  { return n.label() + " is Online\n" }
func (n name) offline() string { return n.label() + " is Offline\n" }

// listed is the client's line in the answer to /who.
func (n name) listed(you bool) string {
	line := n.label() + " is Online"
	if n.nick != "" {
		line += " from " + n.addr
	}
	if you {
		line += " (you)"
	}
	return line + "\n"
}

// appendLine appends a line of a client to dst. clock is the time, in formClock.
func appendLine(dst []byte, speaker string, clock, text []byte) []byte {
	dst = append(append(dst, speaker...), clock...)
	dst = lines.Escape(append(dst, ": "...), text)
	return append(dst, '\n')
}

// command splits a line that begins with a slash, and removes blanks around the
// rest.
func command(line []byte) (verb, rest string) {
	verb, rest, _ = strings.Cut(string(line), " ")
	return verb, strings.TrimSpace(rest)
}

// quits reports whether a line is /quit.
func quits(line []byte) bool {
	verb, rest := command(line)
	return verb == "/quit" && rest == ""
}
