package wire

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"

	"peerlab/services/internal/lines"
)

// ErrVersion is the error of parsing the HELLO of another protocol or version.
var ErrVersion = errors.New("another protocol or version: this is " + Version)

// Parser parses lines without allocating memory for each. It is for one goroutine
// at a time. The zero value is ready to use.
type Parser struct {
	names [nameSlots]Name // parsed lately, each in the slot of nameSlot

	peer  Peer
	msg   Msg
	after After
	have  Have
	want  Want
	lines Lines
}

// Parse parses one line with a Parser of its own.
func Parse(line []byte) (Message, error) { return new(Parser).Parse(line) }

// Parse parses one line, without its end. The message is valid until the next call
// and as long as the line's bytes are.
func (p *Parser) Parse(line []byte) (Message, error) {
	verb, rest, more := bytes.Cut(line, space)
	f := fields{parser: p, rest: rest, more: more}
	var m Message
	switch string(verb) { // the compiler allocates no string
	case "MSG":
		p.msg = Msg{Name: f.name(), Seq: f.number(), Text: f.text()}
		m = &p.msg
	case "AFTER":
		p.after = After{f.id(), f.number()}
		m = &p.after
	case "HAVE":
		p.have = Have{f.id(), f.number()}
		m = &p.have
	case "WANT":
		p.want = Want{f.id(), f.number()}
		m = &p.want
	case "LINES":
		p.lines = Lines{f.id(), f.number()}
		m = &p.lines
	case "PEER":
		p.peer = Peer{f.id(), f.addr(), f.number()}
		m = &p.peer
	case "HELLO":
		if string(f.next()) != Version {
			return nil, ErrVersion
		}
		m = &Hello{f.id(), f.addr(), f.state(), f.number()}
	case "READY":
		m = &Ready{f.number(), f.number()}
	case "PING":
		m = &Ping{f.token()}
	case "PONG":
		m = &Pong{f.token()}
	case "BYE":
		m = &Bye{}
	case "ERR":
		m = &Err{f.token(), f.text()}
	case "WATCH":
		m = &Watch{}
	case "UNWATCH":
		m = &Unwatch{}
	case "SUSPECT":
		m = &Suspect{f.id()}
	case "":
		m = &Keepalive{}
	default:
		return nil, fmt.Errorf("%s is no message", lines.Quote(line))
	}
	if f.bad != "" || f.more {
		return nil, fmt.Errorf("%s: %s", lines.Quote(line), cmp.Or(f.bad, "has a field too many"))
	}
	return m, nil
}

// Verb returns the verb of a message, for error texts.
func Verb(m Message) string {
	verb, _, _ := strings.Cut(strings.TrimSpace(string(m.Append(nil))), " ")
	return verb
}
