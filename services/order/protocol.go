// Package order tells two clients whose message came first: the server, which
// decides, and a client.
//
// # Protocol
//
// A client connects and sends one message, UTF-8:
//
//	Client NAME: TEXT
//
// Then it reads, until the connection ends, what it is told:
//
//	NAME: TEXT received before NAME: TEXT
//
// The message is complete with LF (CRLF is tolerated), with the client's
// half-close, or, for clients that send neither and wait, with 200 ms of silence
// after at least one byte. What comes after it is read and ignored. NAME is all
// up to the first ": ", not empty, neither ERR nor beginning with "ERR ". NAME
// and TEXT together, with the ": " between them, have at most 500 bytes, so that
// a verdict always fits into one recv of 1,024, and "received before" is not among
// their words, so that a verdict has two parts.
//
// A message's time is that of the arrival of its last byte, the line end not
// counted, in whichever way it turns out to be complete, and never that of the
// connection.
// So one with LF is held back, for 200 ms at most, while an earlier one may yet
// turn out to be complete by silence. In the order of that time messages are
// taken two by two: the first and the second are a round, the third and fourth
// the next. Who is in a round depends on nothing else: two messages with the
// same name, or the same in all, are as good as any. Rounds do not wait for
// each other.
//
// Both clients of a round hear the same verdict, in one write. It ends with LF for
// a client whose message did, and without for one whose message did not: such a
// client prints what it has received. Control characters, bidirectional controls
// and bytes that are no UTF-8 are escaped in it: \t, \x1b, \u202e, \xff. They count
// as escaped towards the 500 bytes.
//
// A client that closes before it has sent anything is in no round, and is
// answered with the end of the connection; that is what a health check does. One
// that is reset in the middle of a message is in no round either. Once its
// message is complete it counts, whether or not its client is still there; the
// other is told all the same. Of more than 256 clients whose messages are not
// complete the one that has been there longest is cut off without a word. Instead
// of a verdict a client may be told
//
//	ERR CODE REASON
//
//	syntax   the message is not of that form, or too long
//	timeout  nothing came for 30 s, the message took longer than that from its
//	         first byte on, or no second message came for 30 s
//	full     too many others are waiting to be told
//	leaving  the server ends: its rounds are over, or it was asked to
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
	maxVerdict = 1024 // bytes, with LF; two signed ones and what is between them are 1,018
	maxMessage = 1024 // bytes that are read at most; any message that may be sent is far shorter

	silence  = 200 * time.Millisecond // that ends a message
	patience = 30 * time.Second       // with a client that says nothing; of one that waits for a second message
)

const (
	salutation = "Client "
	before     = " received before "
	refused    = "ERR "
)

// form says how a message is to be written.
const form = `"Client NAME: TEXT"`

// refusal is an ERR line, sent or received.
type refusal struct{ code, reason string }

func (r *refusal) Error() string { return r.code + ": " + r.reason }

func (r *refusal) line() string { return refused + r.code + " " + r.reason }

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code, string(lines.Escape(nil, fmt.Appendf(nil, format, args...)))}
}

// signed is what a message says, as it is shown: NAME: TEXT, escaped.
type signed struct{ name, text string }

func (s signed) String() string { return s.name + ": " + s.text }

// parse takes in a message, without its line end.
func parse(message []byte) (signed, error) {
	rest, ok := strings.CutPrefix(string(message), salutation)
	name, text, signs := strings.Cut(rest, ": ")
	if !ok || !signs || name == "" {
		return signed{}, refuse("syntax", "%s is not of the form %s", lines.Quote(message), form)
	}
	if name+" " == refused || strings.HasPrefix(name, refused) {
		return signed{}, refuse("syntax", "the name %s would make a verdict look like an error; take another", lines.Quote([]byte(name)))
	}
	if holdsBefore(rest) {
		return signed{}, refuse("syntax", `"received before" is what a verdict says; choose other words`)
	}
	s := signed{string(lines.Escape(nil, []byte(name))), string(lines.Escape(nil, []byte(text)))}
	if n := len(s.String()); n > maxSigned {
		return signed{}, refuse("syntax", "NAME: TEXT has %d bytes; %d are the limit", n, maxSigned)
	}
	return s, nil
}

// holdsBefore reports whether a verdict on NAME: TEXT could be divided at another
// place than between its two messages: whether these words are in it, in letters
// of either case and with any blanks around them.
func holdsBefore(signed string) bool {
	words := strings.Join(strings.Fields(strings.ToLower(signed)), " ")
	return strings.Contains(" "+words+" ", before)
}

// check returns an error unless a client may send this.
func check(name, text string) error {
	switch {
	case name == "":
		return errors.New("NAME is empty; give one, such as X")
	case !lines.Clean([]byte(name)), !lines.Clean([]byte(text)):
		return errors.New("NAME and TEXT are of one line, without control characters")
	case strings.Contains(name, ": "):
		return fmt.Errorf("NAME %q has a colon before a space; that is where TEXT begins", name)
	}
	_, err := parse([]byte(salutation + name + ": " + text))
	var r *refusal
	if errors.As(err, &r) {
		return errors.New(r.reason)
	}
	return err
}
