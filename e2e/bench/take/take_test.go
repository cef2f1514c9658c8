package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

func TestHeads(t *testing.T) {
	tests := []struct {
		protocol, head string
		size           int64 // -1: it is refused
	}{
		{"relay", "SEND 4096 - 4096\nrest", 4096},
		{"relay", "SEND 10 " + strings.Repeat("0", 64) + " 5\nrest", 5},
		{"relay", "ERR notfound no file x here\n", -1},
		{"relay", "SEND 4096 - many\n", -1},
		{"relay", "SEND 40", -1},
		{"http", "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 4096\r\n\r\nrest", 4096},
		{"http", "HTTP/1.1 404 Not Found\r\nContent-Length: 153\r\n\r\n", -1},
		{"http", "HTTP/1.1 200 OK\r\n\r\n", -1},
		{"http", "HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n", -1},
	}
	for _, test := range tests {
		d, err := dialectOf(test.protocol)
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(strings.NewReader(test.head))
		size, err := d.head(in)
		if test.size < 0 {
			if err == nil {
				t.Errorf("%q: taken, %d bytes", test.head, size)
			}
			continue
		}
		rest, _ := io.ReadAll(in)
		if err != nil || size != test.size || string(rest) != "rest" {
			t.Errorf("%q: %d bytes, %q follows, %v", test.head, size, rest, err)
		}
	}
	if _, err := dialectOf("ftp"); err == nil {
		t.Error("ftp is known")
	}
}

// nodeWith answers like a node that has one file of that many bytes.
func nodeWith(t *testing.T, size int) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				_, _ = in.ReadString('\n')
				_, _ = in.ReadString('\n')
				answer := "SEND 300000 - 300000\n" + strings.Repeat("x", size) + "END -\n"
				_, _ = io.WriteString(conn, answer) // the reader complains
				_ = conn.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, in)
			}()
		}
	}()
	return ln.Addr().String()
}

func TestTakeCountsWhatCame(t *testing.T) {
	d, _ := dialectOf("relay")
	names := []string{"a", "b", "c"}
	for what, c := range map[string]crew{
		"one at a time": {atOnce: 1},
		"all at once":   {atOnce: 3, together: true},
		"truncated":     {atOnce: 2, truncate: true},
		"from another":  {atOnce: 2, source: "127.0.3.4"},
	} {
		c.addr, c.dialect = nodeWith(t, 300000), d
		got, err := c.take(names)
		if err != nil || got.Files != 3 || got.Bytes != 900000 || got.Seconds <= 0 {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestTakeNoticesWhatIsMissingOrTooMuch(t *testing.T) {
	d, _ := dialectOf("relay")
	for _, size := range []int{299000, 301000} {
		c := crew{addr: nodeWith(t, size), dialect: d, atOnce: 1}
		if _, err := c.take([]string{"a"}); err == nil {
			t.Errorf("%d bytes are taken for 300000", size)
		}
	}
}
