package wire

import (
	"bytes"
	"cmp"
	"strings"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// Parser parses lines. It allocates no memory for those that are frequent. It is for
// one goroutine at a time. The zero value is ready to use.
type Parser struct {
	rest []byte // the fields not parsed yet; nil: none
	bad  string // what is wrong with the line

	names [nameSlots]Name // parsed lately

	msg   Msg
	after After
	have  Have
	peer  Peer
}

// Parse parses one line with a Parser of its own.
func Parse(line []byte) (Message, error) { return new(Parser).Parse(line) }

// Parse parses one line, without its end. The message is valid until the next call
// and as long as the line's bytes are. The error is a *lines.Refusal.
func (p *Parser) Parse(line []byte) (m Message, err error) {
	verb, rest, _ := bytes.Cut(line, space)
	p.rest, p.bad = rest, ""
	switch string(verb) { // the compiler allocates no string
	case "MSG":
		p.msg = Msg{p.name(), p.number(), p.text()}
		m = &p.msg
	case "AFTER":
		p.after = After{p.id(), p.number()}
		m = &p.after
	case "HAVE":
		p.have = Have{p.id(), p.number()}
		m = &p.have
	case "PEER":
		p.peer = Peer{p.id(), p.addr(), p.number()}
		m = &p.peer
	case "WANT":
		m = &Want{p.id(), p.number()}
	case "LINES":
		m = &Lines{p.id(), p.number()}
	case "HELLO":
		if string(p.next()) != Version {
			return nil, lines.Refuse("version", "another protocol or version: this is "+Version)
		}
		m = &Hello{p.id(), p.addr(), p.state(), p.number()}
	case "READY":
		m = &Ready{p.number(), p.number()}
	case "PING":
		m = &Ping{p.token()}
	case "PONG":
		m = &Pong{p.token()}
	case "BYE":
		m = &Bye{}
	case "ERR":
		m = &Err{p.token(), p.text()}
	case "WATCH":
		m = &Watch{}
	case "UNWATCH":
		m = &Unwatch{}
	case "SUSPECT":
		m = &Suspect{p.id()}
	case "":
		m = &Keepalive{}
	default:
		return nil, lines.Refuse("syntax", "%s is no message", lines.Quote(line))
	}
	if p.bad != "" || p.rest != nil {
		return nil, lines.Refuse("syntax", "%s: %s", lines.Quote(line), cmp.Or(p.bad, "has a field too many"))
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
func (p *Parser) require(ok bool, bad string) {
	if !ok && p.bad == "" {
		p.bad = bad
	}
}

func (p *Parser) next() (field []byte) {
	p.require(p.rest != nil, "is cut short")
	field, p.rest, _ = bytes.Cut(p.rest, space)
	return field
}

func (p *Parser) text() []byte {
	text := p.rest
	p.require(text != nil, "is cut short")
	p.rest = nil
	return text
}

// nameSlots bounds the names that a Parser keeps: a link carries lines of few
// senders, but each link has a Parser.
const nameSlots = 8

func (p *Parser) name() Name {
	b := p.next()
	if len(b) > 0 {
		slot := &p.names[b[len(b)-1]%nameSlots]
		if string(*slot) == string(b) { // valid, and no string is allocated
			return *slot
		}
		name := Name(b)
		if _, err := ParseID(string(name)); err == nil || name == Server {
			*slot = name
			return name
		}
	}
	p.require(false, "has no name where one belongs")
	return ""
}

func (p *Parser) id() ID { return ID{p.name(), p.number()} }

func (p *Parser) number() (n uint64) {
	b := p.next()
	ok := len(b) > 0 && len(b) <= MaxDigits && (len(b) == 1 || b[0] != '0')
	for _, c := range b {
		if c < '0' || c > '9' {
			ok = false
		}
		n = n*10 + uint64(c-'0')
	}
	p.require(ok, "has no number where one belongs")
	return n
}

func (p *Parser) addr() string {
	addr := string(p.next())
	p.require(tcp.IsNumeric(addr), "has no HOST:PORT where one belongs")
	return addr
}

func (p *Parser) state() State {
	s := State(p.next())
	p.require(s == StateNew || s == StateIn || s == StateBack, "has no state where one belongs")
	return s
}

func (p *Parser) token() []byte {
	b := p.next()
	p.require(len(b) > 0 && len(b) <= MaxToken && lines.Clean(b), "has no token where one belongs")
	return b
}
