package wire

import (
	"bytes"
	"cmp"
	"strings"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// fields is the part of a line that is not parsed yet, the counterpart of line.
type fields struct {
	rest []byte // nil: there is none
	bad  string // what is wrong with the line
}

// Parse parses one line, without its end. The message is valid as long as the line's
// bytes are. The error is a *lines.Refusal.
func Parse(text []byte) (m Message, err error) {
	verb, rest, _ := bytes.Cut(text, space)
	f := fields{rest: rest}
	switch string(verb) { // the compiler allocates no string
	case "MSG":
		m = &Msg{f.name(), f.number(), f.text()}
	case "AFTER":
		m = &After{f.id(), f.number()}
	case "HAVE":
		m = &Have{f.id(), f.number()}
	case "PEER":
		m = &Peer{f.id(), f.addr(), f.number()}
	case "WANT":
		m = &Want{f.id(), f.number()}
	case "LINES":
		m = &Lines{f.id(), f.number()}
	case "HELLO":
		if string(f.next()) != Version {
			return nil, lines.Refuse("version", "another protocol or version: this is "+Version)
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
		return nil, lines.Refuse("syntax", "%s is no message", lines.Quote(text))
	}
	if f.bad != "" || f.rest != nil {
		return nil, lines.Refuse("syntax", "%s: %s", lines.Quote(text), cmp.Or(f.bad, "has a field too many"))
	}
	return m, nil
}

// Verb returns the verb of a message, for error texts.
func Verb(m Message) string {
	verb, _, _ := strings.Cut(strings.TrimSpace(string(m.Append(nil))), " ")
	return verb
}

// The methods below parse the next field of a line. Once bad is set, their results
// have no meaning.

var space = []byte{' '}

// require sets bad unless ok, or keeps what it was set to before.
func (f *fields) require(ok bool, bad string) {
	if !ok && f.bad == "" {
		f.bad = bad
	}
}

func (f *fields) next() (field []byte) {
	f.require(f.rest != nil, "is cut short")
	field, f.rest, _ = bytes.Cut(f.rest, space)
	return field
}

func (f *fields) text() []byte {
	text := f.rest
	f.require(text != nil, "is cut short")
	f.rest = nil
	return text
}

func (f *fields) name() Name {
	name := Name(f.next())
	_, err := ParseID(string(name))
	f.require(err == nil || name == Server, "has no name where one belongs")
	return name
}

func (f *fields) id() ID { return ID{f.name(), f.number()} }

func (f *fields) number() (n uint64) {
	b := f.next()
	ok := len(b) > 0 && len(b) <= MaxDigits && (len(b) == 1 || b[0] != '0')
	for _, c := range b {
		if c < '0' || c > '9' {
			ok = false
		}
		n = n*10 + uint64(c-'0')
	}
	f.require(ok, "has no number where one belongs")
	return n
}

func (f *fields) addr() string {
	addr := string(f.next())
	f.require(tcp.IsNumeric(addr), "has no HOST:PORT where one belongs")
	return addr
}

func (f *fields) state() State {
	s := State(f.next())
	f.require(s == StateNew || s == StateIn || s == StateBack, "has no state where one belongs")
	return s
}

func (f *fields) token() []byte {
	b := f.next()
	f.require(len(b) > 0 && len(b) <= MaxToken && lines.Clean(b), "has no token where one belongs")
	return b
}
