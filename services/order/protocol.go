// Package order decides which of two messages was received first. A Server pairs
// the messages of its clients in the order in which their last bytes arrived, and
// sends both clients of a pair the same verdict. A Client sends one message and
// shows the verdict.
//
// docs/protocol.md defines the protocol, in its section Order. The files follow
// it: protocol.go parses a message, receive.go reads one and decides that it is
// complete, arrivals.go finds out when its bytes arrived, sequence.go sorts the
// messages by that time, and rounds.go pairs them.
package order

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"peerlab/services/internal/lines"
)

const (
	maxSigned  = 500  // bytes of NAME: TEXT, escaped
	maxVerdict = 1024 // bytes, with LF; the longest has 1,018: two signed messages and " received before "
	maxMessage = 1024 // bytes that are read; a valid message is far shorter

	silence   = 200 * time.Millisecond // without a byte ends a message
	waitLimit = 30 * time.Second       // for the first byte, for the whole message, and for a second message
)

const (
	salutation = "Client "
	before     = " received before "
	refused    = "ERR "
)

// form is the form of a message, for error texts.
const form = `"Client NAME: TEXT"`

// signed is the content of a message as it is shown: NAME: TEXT, escaped.
type signed struct{ name, text string }

func (s signed) String() string { return s.name + ": " + s.text }

// parse returns the content of a message, which must not include the line end.
func parse(message []byte) (signed, error) {
	rest, ok := strings.CutPrefix(string(message), salutation)
	name, text, signs := strings.Cut(rest, ": ")
	if !ok || !signs || name == "" {
		return signed{}, lines.Refuse("syntax", "%s is not of the form %s", lines.Quote(message), form)
	}
	if name+" " == refused || strings.HasPrefix(name, refused) {
		return signed{}, lines.Refuse("syntax", "the name %s would make a verdict look like an error; choose another", lines.Quote([]byte(name)))
	}
	if holdsBefore(rest) {
		return signed{}, lines.Refuse("syntax", `"received before" separates the parts of a verdict; choose other words`)
	}
	s := signed{string(lines.Escape(nil, []byte(name))), string(lines.Escape(nil, []byte(text)))}
	if n := len(s.String()); n > maxSigned {
		return signed{}, lines.Refuse("syntax", "NAME: TEXT has %d bytes; the limit is %d", n, maxSigned)
	}
	return s, nil
}

// holdsBefore reports whether NAME: TEXT contains the words that separate the
// parts of a verdict, in either case, with any blanks around them, and with invisible
// characters in them or in place of the blanks. A verdict with such a message could
// be read as divided in more than one place.
func holdsBefore(signed string) bool {
	for _, invisible := range []rune{-1, ' '} { // a blank in some fonts, and nothing in others
		visible := strings.Map(func(r rune) rune {
			if lines.Invisible(r) {
				return invisible
			}
			return r
		}, strings.ToLower(signed))
		words := strings.Join(strings.Fields(visible), " ")
		if strings.Contains(" "+words+" ", before) {
			return true
		}
	}
	return false
}

// check returns an error unless a client may send NAME: TEXT.
func check(name, text string) error {
	switch {
	case name == "":
		return errors.New("NAME is empty; give one, such as X")
	case !lines.Clean([]byte(name)), !lines.Clean([]byte(text)):
		return errors.New("NAME and TEXT are one line each, without control characters")
	case strings.Contains(name, ": "):
		return fmt.Errorf("NAME %q contains a colon and a space, which end NAME; leave them out", name)
	}
	_, err := parse([]byte(salutation + name + ": " + text))
	var r *lines.Refusal
	if errors.As(err, &r) {
		return errors.New(r.Reason)
	}
	return err
}
