// Package chat is a hybrid peer-to-peer chat: a server introduces clients to
// each other, they talk over a full mesh, and the mesh outlives the server.
//
// # Protocol
//
// Members (one server, any number of clients) speak lines of text over TCP: a
// verb, its fields, free text last, one space between them, LF at the end (CRLF
// is tolerated). No line is longer than 16,640 bytes. Each pair of members keeps
// one connection, whoever dialled it.
//
// Every process draws an incarnation at its start, a number greater than that
// of any process that bore its name before; ours is the time in microseconds. A
// member numbers the lines typed at it 1, 2, 3, …; name, incarnation and
// sequence number name a line for ever.
//
// A connection opens with a handshake, to be over within 5 seconds:
//
//		dialler   HELLO peerlab-chat/1 NAME INCARNATION HOST:PORT STATE LAST
//		listener  HELLO peerlab-chat/1 NAME INCARNATION HOST:PORT STATE LAST
//		dialler   READY HAVE PEERS
//		listener  READY HAVE PEERS
//
//	  - HELLO says who one is and where one listens. NAME is "server" or a client's
//	    ID. STATE is of a client: "new" asks to be let in, "in" was let in by
//	    another client and has met no server so far, "back" has been with a server;
//	    the server's is always "in". LAST is the sequence number of the last line
//	    typed so far.
//	  - READY says that the other is who it should be and that this connection is
//	    the one to keep. HAVE is the last line of the other's that has been shown
//	    here: what follows it comes next. Who has just met the other says 0 if the
//	    other is the younger of the two, otherwise the HAVE of the PEER line that
//	    told of it, otherwise the other's LAST. A new client that gets its first
//	    READY is in. The server writes the client into its registry before that.
//
// From then on either side sends, in any order:
//
//	PEER NAME INCARNATION HOST:PORT HAVE   a client the sender has met, and how far it has shown its lines
//	MSG NAME SEQUENCE TEXT                 a line typed at the sender, whose name is NAME
//	PING TOKEN                             asks for PONG TOKEN; TOKEN is 1 to 64 bytes without spaces
//	PONG TOKEN
//	BYE                                    the sender leaves for good; the other side closes
//	ERR CODE REASON                        the sender closes; the last line of a connection
//
// TEXT is 0 to 16,384 bytes without control bytes. A SEQUENCE that was shown
// before is passed over; one that leaves some out says that the sender does not
// have those any more. A client that learns of another by PEER dials it; the
// younger of the two at once, the older a moment later.
//
// Before HELLO, PING is answered too, and the connection closed: a health check.
//
// The codes of ERR:
//
//	syntax    a line was no message of this protocol, was out of order, or too long
//	version   the other speaks another protocol or version
//	timeout   the handshake took too long
//	self      the dialler has reached itself
//	wrong     the one reached is not the one that was looked for
//	taken     another process is here under that name, and lives; choose another
//	linked    there is a connection between the two, and it lives
//	crossed   the two dialled each other at the same time, and the other connection stays
//	full      no room for another member
//	leaving   the one reached is about to leave
//	sender    a MSG bore another's name
package chat

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"peerlab/services/internal/lines"
)

// version opens every HELLO.
const version = "peerlab-chat/1"

const (
	maxText = 16 << 10      // bytes in a typed line
	maxLine = maxText + 256 // bytes in a line of the protocol
	maxAddr = 128           // bytes in an address
	maxPing = 64            // bytes in a token
)

type verb string

const (
	verbHello verb = "HELLO"
	verbReady verb = "READY"
	verbPeer  verb = "PEER"
	verbMsg   verb = "MSG"
	verbPing  verb = "PING"
	verbPong  verb = "PONG"
	verbBye   verb = "BYE"
	verbErr   verb = "ERR"
)

// state is how far a client has got, as its HELLO says.
type state string

const (
	stateNew  state = "new"
	stateIn   state = "in"
	stateBack state = "back"
)

// message is one line. Which fields count depends on the verb.
type message struct {
	verb        verb
	name        []byte // HELLO PEER MSG
	incarnation uint64 // HELLO PEER
	addr        []byte // HELLO PEER
	state       state  // HELLO
	seq         uint64 // HELLO: LAST. READY PEER: HAVE. MSG: SEQUENCE
	count       uint64 // READY: PEERS
	token       []byte // PING PONG; ERR: CODE
	text        []byte // MSG; ERR: REASON
}

var errVersion = errors.New("another protocol or version: this is " + version)

// parse reads one line, without its end. The message refers to the line's bytes.
func parse(line []byte) (message, error) {
	v, rest, _ := bytes.Cut(line, space)
	f := fields{rest: rest, more: len(v) < len(line)}
	var m message
	switch verb(v) { // the compiler makes no string of it
	case verbMsg:
		m = message{verb: verbMsg, name: f.name(), seq: f.number(), text: f.text()}
	case verbHello:
		if !bytes.Equal(f.next(), []byte(version)) {
			return m, errVersion
		}
		m = message{verb: verbHello, name: f.name(), incarnation: f.number(), addr: f.addr(), state: f.state(), seq: f.number()}
	case verbReady:
		m = message{verb: verbReady, seq: f.number(), count: f.number()}
	case verbPeer:
		m = message{verb: verbPeer, name: f.name(), incarnation: f.number(), addr: f.addr(), seq: f.number()}
	case verbPing:
		m = message{verb: verbPing, token: f.token()}
	case verbPong:
		m = message{verb: verbPong, token: f.token()}
	case verbBye:
		m = message{verb: verbBye}
	case verbErr:
		m = message{verb: verbErr, token: f.token(), text: f.text()}
	default:
		return m, fmt.Errorf("%s is no message", lines.Quote(line))
	}
	if f.bad != "" || f.more {
		return message{}, fmt.Errorf("%s: %s", lines.Quote(line), cmp.Or(f.bad, "has a field too many"))
	}
	return m, nil
}

// append adds the message to dst as a line with its end. Whoever calls it has
// seen to it that no field holds a space, and no text a control byte: appendMsg
// and appendErr are for what people and strangers wrote.
func (m message) append(dst []byte) []byte {
	dst = append(dst, m.verb...)
	switch m.verb {
	case verbHello:
		dst = fmt.Appendf(dst, " %s %s %d %s %s %d", version, m.name, m.incarnation, m.addr, m.state, m.seq)
	case verbReady:
		dst = fmt.Appendf(dst, " %d %d", m.seq, m.count)
	case verbPeer:
		dst = fmt.Appendf(dst, " %s %d %s %d", m.name, m.incarnation, m.addr, m.seq)
	case verbMsg:
		dst = append(append(dst, ' '), m.name...)
		dst = strconv.AppendUint(append(dst, ' '), m.seq, 10)
		dst = append(append(dst, ' '), m.text...)
	case verbPing, verbPong:
		dst = append(append(dst, ' '), m.token...)
	case verbErr:
		dst = append(append(dst, ' '), m.token...)
		dst = append(append(dst, ' '), m.text...)
	}
	return append(dst, '\n')
}

// CheckText returns why text can't be sent as a line of chat, or nil: the one
// place that keeps line ends and control bytes from going out.
func CheckText(text []byte) error {
	if len(text) > maxText {
		return fmt.Errorf("%d bytes are more than a line holds (%d)", len(text), maxText)
	}
	if !lines.Clean(text) {
		return errors.New("it holds control characters")
	}
	return nil
}
