package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// dialect is what differs between the protocols.
type dialect struct {
	join func(out io.Writer, in *bufio.Reader, name string) error // returns when the server has let the client in
	line func(dst, text []byte) []byte                            // adds what says a line
}

var dialects = map[string]dialect{
	"lines": {joinLines, func(dst, text []byte) []byte { return append(append(dst, text...), '\n') }},
	"nats":  {joinNats, natsLine},
	"irc": {joinIRC, func(dst, text []byte) []byte {
		return append(append(append(dst, "PRIVMSG #room :"...), text...), "\r\n"...)
	}},
}

// joinLines waits for the greeting.
func joinLines(_ io.Writer, in *bufio.Reader, _ string) error {
	_, err := in.ReadSlice('\n')
	return err
}

func joinNats(out io.Writer, in *bufio.Reader, _ string) error {
	if _, err := in.ReadSlice('\n'); err != nil { // INFO
		return err
	}
	if _, err := io.WriteString(out, "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false,\"protocol\":1}\r\nSUB room 1\r\nPING\r\n"); err != nil {
		return err
	}
	return await(in, func(line string) bool { return line == "PONG\r\n" }, "-ERR")
}

func natsLine(dst, text []byte) []byte {
	dst = fmt.Appendf(dst, "PUB room %d\r\n", len(text))
	return append(append(dst, text...), "\r\n"...)
}

func joinIRC(out io.Writer, in *bufio.Reader, name string) error {
	if _, err := fmt.Fprintf(out, "NICK %s\r\nUSER %s 0 * :%s\r\nJOIN #room\r\n", name, name, name); err != nil {
		return err
	}
	return await(in, func(line string) bool { return strings.Contains(line, " 366 ") }, "ERROR") // the end of who is there
}

// await reads up to the line that it waits for.
func await(in *bufio.Reader, wanted func(line string) bool, refusal string) error {
	for {
		b, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		switch line := string(b); {
		case wanted(line):
			return nil
		case strings.HasPrefix(line, refusal):
			return errors.New("the server says " + strings.TrimSpace(line))
		}
	}
}
