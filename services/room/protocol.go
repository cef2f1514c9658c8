// Package room is a chat room: one server passes every line on to all clients
// but the one that sent it.
//
// # Protocol
//
// Both sides send bare lines of text over TCP, and what the server sends is what
// a screen is to show, so that nc, telnet and a program of ten lines are
// clients. The address 127.0.0.1 and port 52208 stand for a client's.
//
// A client sends lines of at most 4,096 bytes, ended by LF; CRLF is tolerated:
//
//	TEXT         is passed on, escaped, to every other client; an empty line to nobody
//	/who         asks who is Online
//	/nick NAME   asks for a name: 1 to 32 bytes of letters, digits, "_", "-" and ".", a letter first, see below
//	/help        asks for a list of these
//	/quit        asks to be sent what there is left, and the connection to be closed; so does the end of what the client sends
//	//TEXT       is /TEXT for every other client
//
// Another line that begins with a slash is no command, which its sender alone is
// told. NAME is refused if another client's name is equal or looks alike (after
// NFKC, in either case, and by the skeletons of Unicode Technical Standard 39), if
// it is or looks like You or Server, if part of it is invisible, or if it looks
// like an address. Others see it composed (NFC). What follows a line of more than 4,096 bytes up to its LF is dropped; its sender is
// told, once.
//
// A client that has never sent an LF need not know of lines: 200 ms of silence
// end its line, unless it stops inside a UTF-8 character, and so does the end of
// what it sends. With its first LF it becomes one that ends its lines itself, and
// then a line that the end of the connection has cut is dropped.
//
// The byte 0xff is telnet's IAC: it and the negotiation that follows it are
// dropped and never answered.
//
// The server sends lines ended by LF, to the client alone:
//
//	Connection with the server has been established   the first line
//	[127.0.0.1:52208] is Online (you)                 an answer to /who, a line a client, in the order they came
//	[Ann] is Online from 127.0.0.1:52209
//	You are now known as Ann                          an answer to /nick
//	...                                               any other answer, for people
//
// and to all clients, in the same order for all of them:
//
//	[127.0.0.1:52208] is Online               not to that client itself
//	[127.0.0.1:52208] is now known as Ann     likewise
//	('127.0.0.1', 52208) at 13:54:49: TEXT    likewise; the server's time
//	Ann at 13:54:49: TEXT                     from one that has a name
//	[Ann] is Offline
//	Connection with the server has been closed   the server ends, and this is the last line
//
// What is in TEXT can't steer a terminal: control characters and bytes that are
// no UTF-8 come as \x1b, \t, \u009b, \xff.
//
// A client is there from its first moment on. The others are told when it sends
// something, or after 100 ms: a connection that is closed before that was only a
// look whether the server is well, and is nobody's business.
//
// The server waits for nobody. A client that is more than 8 MiB behind is cut by
// a reset.
package room

import (
	"fmt"
	"strings"
	"time"

	"peerlab/services/internal/lines"
)

const (
	maxLine = 4096 // bytes of a line that a client sends
	maxNick = 32   // bytes of a name

	silence = 200 * time.Millisecond // ends the line of a client that has never sent an LF
	arrival = 100 * time.Millisecond // from a connection to its being announced
)

// What the server says to one client.
const (
	lineReserved = "No client can have the name You or Server, or one that looks like it; choose another name\n"
	lineGreeting = "Connection with the server has been established\n"
	lineGoodbye  = "Connection with the server has been closed\n"
	lineHelp     = "/who lists who is Online, /nick NAME gives you a name, /quit leaves, //who sends /who; any other line goes to all others\n"
)

var (
	lineFull    = fmt.Sprintf("The room is full: it holds %d clients\n", maxSessions)
	lineTooLong = fmt.Sprintf("Not sent: a line holds at most %d bytes\n", maxLine)
	lineNick    = fmt.Sprintf("/nick NAME, and a NAME has 1 to %d bytes: letters, digits, _ - and ., a letter first, and is no address\n", maxNick)
)

const (
	formClock  = "15:04:05"
	formMoment = "2006-01-02 15:04:05.000000"
)

// name is how a client is called. Its forms are those of Python's tuples and of
// f"[{host}:{port}]", as in the programs that the room is modelled on.
type name struct {
	host, port string
	addr       string // HOST:PORT
	nick       string // empty: none
}

// tuple is what the server's screen calls a client.
func (n name) tuple() string { return fmt.Sprintf("(%s, %s)", n.host, n.port) }

// label is what events and /who call a client.
func (n name) label() string {
	if n.nick != "" {
		return "[" + n.nick + "]"
	}
	return "[" + n.addr + "]"
}

// speaker is what the client's lines begin with, as far as it is always the same.
func (n name) speaker() string {
	if n.nick != "" {
		return n.nick + " at "
	}
	return fmt.Sprintf("('%s', %s) at ", n.host, n.port)
}

func (n name) online() string  { return n.label() + " is Online\n" }
func (n name) offline() string { return n.label() + " is Offline\n" }

// listed is the client's line in an answer to /who.
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

// appendSaid adds a line that was said. clock is the time, in formClock.
func appendSaid(dst []byte, speaker string, clock, text []byte) []byte {
	dst = append(append(dst, speaker...), clock...)
	dst = lines.Escape(append(dst, ": "...), text)
	return append(dst, '\n')
}

// command splits a line that begins with a slash. Blanks around the rest do not
// count.
func command(line []byte) (verb, rest string) {
	verb, rest, _ = strings.Cut(string(line), " ")
	return verb, strings.TrimSpace(rest)
}

// quits reports whether a line asks for the connection to be closed.
func quits(line []byte) bool {
	verb, rest := command(line)
	return verb == "/quit" && rest == ""
}
