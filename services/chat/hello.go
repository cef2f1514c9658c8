package chat

import (
	"errors"
	"io"
	"os"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// theirRefusal marks an ERR line that came from the other side.
type theirRefusal struct{ *lines.Refusal }

func received(msg *wire.Err) error {
	return theirRefusal{lines.Refuse(string(msg.Code), "%s", msg.Reason)}
}

// next waits for a message of the handshake. ERR is an error.
func next(in *lines.Reader) (wire.Message, error) {
	line, err := in.Next()
	for err == nil && len(line) == 0 { // a sign of life
		line, err = in.Next()
	}
	switch {
	case errors.Is(err, lines.ErrTooLong):
		return nil, lines.Refuse("syntax", "a line of more than %d bytes", wire.MaxLine)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, lines.Refuse("timeout", "the handshake took more than %v", handshakeTimeout)
	case err != nil:
		return nil, err
	}
	msg, err := wire.Parse(line)
	switch {
	case errors.Is(err, wire.ErrVersion):
		return nil, lines.Refuse("version", "%v", err)
	case err != nil:
		return nil, lines.Refuse("syntax", "%v", err)
	}
	if msg, is := msg.(*wire.Err); is {
		return nil, received(msg)
	}
	return msg, nil
}

func write(conn io.Writer, msg wire.Message) error {
	_, err := conn.Write(msg.Append(nil))
	return err
}
