package wire

import (
	"errors"
	"fmt"
	"strconv"

	"peerlab/services/internal/lines"
)

func (m Hello) Append(dst []byte) []byte {
	dst = word(process(append(dst, "HELLO "+Version...), m.ID), m.Addr)
	return end(number(word(dst, m.State), m.Last))
}

func (m Ready) Append(dst []byte) []byte {
	return end(number(number(append(dst, "READY"...), m.Have), m.Count))
}

func (m Peer) Append(dst []byte) []byte {
	return end(number(word(process(append(dst, "PEER"...), m.ID), m.Addr), m.Have))
}

func (m Msg) Append(dst []byte) []byte {
	return end(word(number(word(append(dst, "MSG"...), m.Name), m.Seq), m.Text))
}

func (m After) Append(dst []byte) []byte {
	return end(number(process(append(dst, "AFTER"...), m.ID), m.Seq))
}

func (m Have) Append(dst []byte) []byte {
	return end(number(process(append(dst, "HAVE"...), m.ID), m.Seq))
}

func (m Want) Append(dst []byte) []byte {
	return end(number(process(append(dst, "WANT"...), m.ID), m.Seq))
}

func (m Lines) Append(dst []byte) []byte {
	return end(number(process(append(dst, "LINES"...), m.ID), m.Count))
}
func (m Ping) Append(dst []byte) []byte { return end(word(append(dst, "PING"...), m.Token)) }
func (m Pong) Append(dst []byte) []byte { return end(word(append(dst, "PONG"...), m.Token)) }
func (m Bye) Append(dst []byte) []byte  { return append(dst, "BYE\n"...) }
func (m Err) Append(dst []byte) []byte {
	return end(word(word(append(dst, "ERR"...), m.Code), m.Reason))
}

func (m Watch) Append(dst []byte) []byte   { return append(dst, "WATCH\n"...) }
func (m Unwatch) Append(dst []byte) []byte { return append(dst, "UNWATCH\n"...) }
func (m Suspect) Append(dst []byte) []byte { return end(process(append(dst, "SUSPECT"...), m.ID)) }

func (m Keepalive) Append(dst []byte) []byte { return end(dst) }

func process(dst []byte, id ID) []byte { return number(word(dst, id.Name), id.Incarnation) }

func word[T []byte | string | State | Name](dst []byte, field T) []byte {
	return append(append(dst, ' '), field...)
}

func number(dst []byte, n uint64) []byte { return strconv.AppendUint(append(dst, ' '), n, 10) }

func end(dst []byte) []byte { return append(dst, '\n') }

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
