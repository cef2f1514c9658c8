// Command bare is the limit for the relay's node: it does what sending a file needs, and
// nothing else. It knows enough of the protocol (docs/protocol.md) for the same reader.
//
//	bare HOST:PORT FOLDER
//
// It checks nothing: no names, no versions, no hashes, no deadlines, no bounds. Do not run
// it where another program can reach it.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"

	"peerlab/e2e/bench/internal/sock"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bare: ")
	if len(os.Args) != 3 {
		log.Fatal("usage: bare HOST:PORT FOLDER")
	}
	s := server{folder: os.Args[2]}
	ln, err := sock.Listen(os.Args[1])
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

// server serves a folder.
type server struct{ folder string }

// serve answers requests until the client closes, which is io.EOF.
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

// small is the size up to which a file is sent in one write with the lines around it, as
// by the node.
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
