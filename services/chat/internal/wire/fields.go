package wire

import (
	"bytes"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

var space = []byte{' '}

// fields splits a line from the left. Once bad is set, the values it returns have
// no meaning.
type fields struct {
	parser *Parser
	rest   []byte
	more   bool // rest begins another field, perhaps an empty one
	bad    string
}

// require sets bad unless ok, or keeps what it was set to before.
func (f *fields) require(ok bool, bad string) {
	if !ok && f.bad == "" {
		f.bad = bad
	}
}

func (f *fields) next() (field []byte) {
	f.require(f.more, "is cut short")
	field, f.rest, f.more = bytes.Cut(f.rest, space)
	return field
}

func (f *fields) text() []byte {
	f.require(f.more, "is cut short")
	f.more = false
	return f.rest
}

// nameSlots bounds the names that a Parser keeps: a link carries lines of few
// senders, but each link has a Parser.
const nameSlots = 8

func (f *fields) name() Name {
	b := f.next()
	if len(b) > 0 {
		slot := &f.parser.names[b[len(b)-1]%nameSlots]
		if string(*slot) == string(b) { // valid, and no string is allocated
			return *slot
		}
		if name := Name(b); name.valid() {
			*slot = name
			return name
		}
	}
	f.require(false, "has no name where one belongs")
	return ""
}

func (f *fields) id() ID { return ID{f.name(), f.number()} }

func (f *fields) number() (n uint64) {
	b := f.next()
	ok := len(b) > 0 && len(b) <= MaxDigits && (len(b) == 1 || b[0] != '0')
	for _, c := range b {
		digit := c - '0' // above 9 for a byte before '0', too
		if digit > 9 {
			ok = false
		}
		n = n*10 + uint64(digit)
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
