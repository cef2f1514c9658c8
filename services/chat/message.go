package chat

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"peerlab/services/internal/lines"
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
	name        []byte // HELLO PEER MSG AFTER HAVE WANT LINES
	incarnation uint64 // HELLO PEER AFTER HAVE WANT LINES
	addr        []byte // HELLO PEER
	state       state  // HELLO
	seq         uint64 // HELLO: LAST. READY PEER: HAVE. MSG AFTER HAVE WANT: SEQUENCE
	count       uint64 // READY LINES: COUNT
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
	case verbAfter:
		m = message{verb: verbAfter, name: f.name(), incarnation: f.number(), seq: f.number()}
	case verbHave:
		m = message{verb: verbHave, name: f.name(), incarnation: f.number(), seq: f.number()}
	case verbWant:
		m = message{verb: verbWant, name: f.name(), incarnation: f.number(), seq: f.number()}
	case verbLines:
		m = message{verb: verbLines, name: f.name(), incarnation: f.number(), count: f.number()}
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
	case verbBeat:
		m = message{verb: verbBeat}
	default:
		return m, fmt.Errorf("%s is no message", lines.Quote(line))
	}
	if f.bad != "" || f.more {
		return message{}, fmt.Errorf("%s: %s", lines.Quote(line), cmp.Or(f.bad, "has a field too many"))
	}
	return m, nil
}

// append adds the message to dst as a line with its end. Whoever calls it has
// seen to it that no field holds a space, and no text a control byte.
func (m message) append(dst []byte) []byte {
	dst = append(dst, m.verb...)
	switch m.verb {
	case verbHello:
		dst = word(number(word(word(dst, version), m.name), m.incarnation), m.addr)
		dst = number(word(dst, m.state), m.seq)
	case verbReady:
		dst = number(number(dst, m.seq), m.count)
	case verbPeer:
		dst = number(word(number(word(dst, m.name), m.incarnation), m.addr), m.seq)
	case verbMsg:
		dst = word(number(word(dst, m.name), m.seq), m.text)
	case verbAfter, verbHave, verbWant, verbLines:
		dst = number(number(word(dst, m.name), m.incarnation), m.seq+m.count) // one of them is 0
	case verbPing, verbPong:
		dst = word(dst, m.token)
	case verbErr:
		dst = word(word(dst, m.token), m.text)
	}
	return append(dst, '\n')
}

// word adds a field that is there already.
func word[T []byte | string | state](dst []byte, field T) []byte {
	return append(append(dst, ' '), field...)
}

// number adds a field that is a number.
func number(dst []byte, n uint64) []byte { return strconv.AppendUint(append(dst, ' '), n, 10) }

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
