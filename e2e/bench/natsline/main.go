// Command natsline is a client of NATS that does what a client of the chat does: a line
// from stdin comes to the stdout of all others, and not to its own.
//
//	natsline PREFIX HOST:PORT SUBJECT
//
// It is written with nats.go as its documentation shows: the library's buffer decides how
// many lines are sent at once, and what has arrived is shown with one write while more is
// waiting. It drops nothing; by default the library would, when it is slow. The end of
// stdin does not end it; SIGTERM does.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/nats-io/nats.go"
)

const bufferSize = 64 << 10 // read and shown at once, as in the product

func main() {
	log.SetFlags(0)
	log.SetPrefix("natsline: ")
	if len(os.Args) != 4 {
		log.Fatal("usage: natsline PREFIX HOST:PORT SUBJECT")
	}
	nc, err := nats.Connect("nats://"+os.Args[2], nats.NoEcho(), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Fatal(err) }),
		nats.ClosedHandler(func(nc *nats.Conn) { log.Fatal("connection closed: ", nc.LastError()) }))
	check(err)
	show(nc, os.Args[3])
	send(nc, os.Args[3], os.Args[1]+" ")
	select {}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// show shows what arrives. It returns when the server knows the subscription; the first
// line says so.
func show(nc *nats.Conn, subject string) {
	screen := bufio.NewWriterSize(os.Stdout, bufferSize)
	sub, err := nc.Subscribe(subject, func(m *nats.Msg) {
		_, _ = screen.Write(m.Data) // Flush returns its error
		_ = screen.WriteByte('\n')
		if waiting, _, err := m.Sub.Pending(); err == nil && waiting > 1 { // one of them is m
			return
		}
		check(screen.Flush())
	})
	check(err)
	check(sub.SetPendingLimits(-1, -1))
	check(nc.Flush())
	fmt.Println("connected")
}

// send publishes what is typed until that ends.
func send(nc *nats.Conn, subject, prefix string) {
	in := bufio.NewReaderSize(os.Stdin, bufferSize)
	out := []byte(prefix)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			check(nc.Flush())
			return
		}
		check(err)
		out = append(out[:len(prefix)], line[:len(line)-1]...)
		check(nc.Publish(subject, out))
	}
}
