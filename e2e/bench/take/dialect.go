package main

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// dialect is what differs between the protocols: little, so that what is
// compared is the servers.
type dialect struct {
	request func(name string) string
	head    func(in *bufio.Reader) (size int64, err error) // up to the first byte of the file
	tail    func(in *bufio.Reader) error                   // what follows the last
}

func dialectOf(name string) (dialect, error) {
	switch name {
	case "relay":
		return dialect{relayRequest, relayHead, relayTail}, nil
	case "http":
		return dialect{httpRequest, httpHead, func(*bufio.Reader) error { return nil }}, nil
	}
	return dialect{}, fmt.Errorf("-protocol %s: relay and http are known", name)
}

func relayRequest(name string) string {
	return "HELLO peerlab-relay/1\nGET 0 - - " + name + "\n"
}

func relayHead(in *bufio.Reader) (int64, error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(line))
	if len(f) != 4 || f[0] != "SEND" {
		return 0, fmt.Errorf("%q where SEND was expected", line)
	}
	return strconv.ParseInt(f[3], 10, 64)
}

func relayTail(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err == nil && !strings.HasPrefix(string(line), "END ") {
		return fmt.Errorf("%q where END was expected", line)
	}
	return err
}

func httpRequest(name string) string {
	return "GET /" + name + " HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
}

func httpHead(in *bufio.Reader) (int64, error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if !strings.HasPrefix(string(line), "HTTP/1.1 200 ") {
		return 0, fmt.Errorf("%q where 200 was expected", line)
	}
	size := int64(-1)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		field := strings.TrimSpace(string(line))
		if field == "" {
			break
		}
		if length, ok := strings.CutPrefix(field, "Content-Length: "); ok {
			if size, err = strconv.ParseInt(length, 10, 64); err != nil {
				return 0, err
			}
		}
	}
	if size < 0 {
		return 0, fmt.Errorf("a response without Content-Length")
	}
	return size, nil
}
