package chat

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"

	"peerlab/services/internal/lines"
)

// maxDigits bounds a number.
const maxDigits = 18

var space = []byte{' '}

// fields takes a line apart from the left. Once something is bad, what it
// returns means nothing.
type fields struct {
	rest []byte
	more bool // rest begins another field, perhaps an empty one
	bad  string
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

func (f *fields) name() []byte {
	b := f.next()
	if !validName(b) || len(b) == len(server) && string(b) != string(server) && bytes.EqualFold(b, []byte(server)) {
		f.fail("has no name where one belongs")
	}
	return b
}

func (f *fields) number() uint64 {
	b := f.next()
	var n uint64
	if len(b) == 0 || len(b) > maxDigits || len(b) > 1 && b[0] == '0' {
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

func (f *fields) addr() []byte {
	b := f.next()
	if !plainAddr(b) && checkAddr(string(b)) != nil {
		f.fail("has no HOST:PORT where one belongs")
	}
	return b
}

// plainAddr reports whether addr is digits and dots and a port, as nearly all
// are, so that checkAddr need not look at it.
func plainAddr(addr []byte) bool {
	host, port, _ := bytes.Cut(addr, []byte{':'})
	if len(host) == 0 || len(addr) > maxAddr || len(port) == 0 || len(port) > 5 {
		return false
	}
	for _, c := range host {
		if c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	n := 0
	for _, c := range port {
		if c < '0' || c > '9' {
			return false
		}
		n = 10*n + int(c-'0')
	}
	return n > 0 && n < 1<<16
}

func (f *fields) state() state {
	switch s := state(f.next()); s {
	case stateNew, stateIn, stateBack:
		return s
	}
	f.fail("has no state where one belongs")
	return ""
}

func (f *fields) token() []byte {
	b := f.next()
	if len(b) == 0 || len(b) > maxPing || !lines.Clean(b) {
		f.fail("has no token where one belongs")
	}
	return b
}

// checkAddr returns an error unless addr is an address that can be dialled.
func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || host == "" || len(addr) > maxAddr || !lines.Clean([]byte(addr)) || strings.ContainsAny(addr, " #") {
		return fmt.Errorf("%s is not HOST:PORT", lines.Quote([]byte(addr)))
	}
	return nil
}
