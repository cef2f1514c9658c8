// Command bare is the limit that the relay's node is measured against: it does
// what sending a file needs, and nothing else. It speaks enough of the protocol
// for the same reader to ask both (see docs/protocol.md).
//
//	bare HOST:PORT FOLDER
//
// It checks nothing: no names, no versions, no hashes, no deadlines, no bounds.
// Do not run it where anybody else can reach it.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bare: ")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("HOST:PORT and FOLDER are wanted")
	}
	s := server{folder: flag.Arg(1)}
	config := net.ListenConfig{Control: unpaced}
	ln, err := config.Listen(context.Background(), "tcp", flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer conn.Close()
			if err := s.serve(conn); !errors.Is(err, io.EOF) {
				log.Print(err)
			}
		}()
	}
}

// unpaced has the kernel send without pacing, as our node does on loopback: a
// limit that bbr slows down would be none.
func unpaced(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, "reno")
	})
	return errors.Join(err, failed)
}

// server serves a folder.
type server struct{ folder string }

// serve answers requests until the other side closes, which is io.EOF.
func (s *server) serve(conn net.Conn) error {
	in := bufio.NewReaderSize(conn, 1<<10)
	if _, err := in.ReadString('\n'); err != nil { // HELLO
		return err
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 5)
		if len(f) != 5 || f[0] != "GET" {
			return fmt.Errorf("%q is not the GET that this limit knows", line)
		}
		if err := s.send(conn, filepath.Join(s.folder, f[4])); err != nil {
			return err
		}
	}
}

// small is what goes out in one write with the lines around it, as at our node.
const small = 64 << 10

// send sends a whole file between its two lines. net hands it to sendfile(2).
func (s *server) send(conn net.Conn, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	out := fmt.Appendf(nil, "SEND %d - %d\n", size, size)
	if size <= small {
		head := len(out)
		out = append(out, make([]byte, size)...)
		if _, err := io.ReadFull(file, out[head:]); err != nil {
			return err
		}
		_, err = conn.Write(append(out, "END -\n"...))
		return err
	}
	if _, err := conn.Write(out); err != nil {
		return err
	}
	if _, err := io.CopyN(conn, file, size); err != nil {
		return err
	}
	_, err = io.WriteString(conn, "END -\n")
	return err
}
