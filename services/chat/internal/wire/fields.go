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

func (f *fields) next() []byte {
	if !f.more {
		f.fail("is cut short")
		return nil
	}
	var field []byte
	field, f.rest, f.more = bytes.Cut(f.rest, space)
	return field
}

func (f *fields) text() []byte {
	if !f.more {
		f.fail("is cut short")
	}
	f.more = false
	return f.rest
}

func (f *fields) fail(why string) {
	if f.bad == "" {
		f.bad = why
	}
}

// nameSlots bounds the names that a Parser keeps: a link carries lines of few
// senders, but each link has a Parser.
const nameSlots = 8

func nameSlot(name []byte) int { return int(name[len(name)-1]) % nameSlots }

func (f *fields) name() Name {
	b := f.next()
	if len(b) > 0 {
		if n := f.parser.names[nameSlot(b)]; string(n) == string(b) { // valid, and no string is allocated
			return n
		}
	}
	if !validName(b) || len(b) == len(Server) && string(b) != string(Server) && bytes.EqualFold(b, []byte(Server)) {
		f.fail("has no name where one belongs")
		return ""
	}
	n := Name(b)
	f.parser.names[nameSlot(b)] = n
	return n
}

func (f *fields) process() ID { return ID{f.name(), f.number()} }

func (f *fields) number() uint64 {
	b := f.next()
	var n uint64
	if len(b) == 0 || len(b) > MaxDigits || len(b) > 1 && b[0] == '0' {
		f.fail("has no number where one belongs")
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			f.fail("has no number where one belongs")
			break
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}

func (f *fields) addr() string {
	addr := string(f.next())
	if !tcp.IsNumeric(addr) {
		f.fail("has no HOST:PORT where one belongs")
	}
	return addr
}

func (f *fields) state() State {
	switch s := State(f.next()); s {
	case StateNew, StateIn, StateBack:
		return s
	}
	f.fail("has no state where one belongs")
	return ""
}

func (f *fields) token() []byte {
	b := f.next()
	if len(b) == 0 || len(b) > MaxToken || !lines.Clean(b) {
		f.fail("has no token where one belongs")
	}
	return b
}
