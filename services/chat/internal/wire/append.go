package wire

import (
	"errors"
	"fmt"
	"strconv"

	"peerlab/services/internal/lines"
)

func (m Hello) Append(b []byte) []byte {
	return begin(b, "HELLO "+Version).id(m.ID).word(m.Addr).word(string(m.State)).number(m.Last).end()
}

func (m Peer) Append(b []byte) []byte {
	return begin(b, "PEER").id(m.ID).word(m.Addr).number(m.Have).end()
}

func (m Msg) Append(b []byte) []byte {
	return begin(b, "MSG").word(string(m.Name)).number(m.Seq).text(m.Text).end()
}

func (m Ready) Append(b []byte) []byte     { return begin(b, "READY").number(m.Have).number(m.Count).end() }
func (m After) Append(b []byte) []byte     { return begin(b, "AFTER").id(m.ID).number(m.Seq).end() }
func (m Have) Append(b []byte) []byte      { return begin(b, "HAVE").id(m.ID).number(m.Seq).end() }
func (m Want) Append(b []byte) []byte      { return begin(b, "WANT").id(m.ID).number(m.Seq).end() }
func (m Lines) Append(b []byte) []byte     { return begin(b, "LINES").id(m.ID).number(m.Count).end() }
func (m Suspect) Append(b []byte) []byte   { return begin(b, "SUSPECT").id(m.ID).end() }
func (m Ping) Append(b []byte) []byte      { return begin(b, "PING").text(m.Token).end() }
func (m Pong) Append(b []byte) []byte      { return begin(b, "PONG").text(m.Token).end() }
func (m Err) Append(b []byte) []byte       { return begin(b, "ERR").text(m.Code).text(m.Reason).end() }
func (m Bye) Append(b []byte) []byte       { return begin(b, "BYE").end() }
func (m Watch) Append(b []byte) []byte     { return begin(b, "WATCH").end() }
func (m Unwatch) Append(b []byte) []byte   { return begin(b, "UNWATCH").end() }
func (m Keepalive) Append(b []byte) []byte { return begin(b, "").end() }

// line is a line while its fields are appended, the counterpart of fields.
type line []byte

func begin(b []byte, verb string) line { return append(b, verb...) }

func (l line) text(field []byte) line { return append(append(l, ' '), field...) }
func (l line) word(field string) line { return append(append(l, ' '), field...) }
func (l line) number(n uint64) line   { return strconv.AppendUint(append(l, ' '), n, 10) }
func (l line) id(id ID) line          { return l.word(string(id.Name)).number(id.Incarnation) }
func (l line) end() []byte            { return append(l, '\n') }

// CheckText returns an error unless text can be sent as a typed line. It is the
// one place that keeps line ends and control bytes from being sent.
func CheckText(text []byte) error {
	if len(text) > MaxText {
		return fmt.Errorf("%d bytes are more than a line holds (%d)", len(text), MaxText)
	}
	if !lines.Clean(text) {
		return errors.New("it holds control characters")
	}
	return nil
}
