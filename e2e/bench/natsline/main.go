// Command natsline is a client of NATS that does what a client of ours does: a
// line that comes in on stdin comes out on stdout of all others, and not on its
// own.
//
//	natsline [-name WHO] HOST:PORT SUBJECT
//
// It is written with nats.go as its documentation has it, and as fast as that
// goes: publishing is left to the library's buffer, and what has come is shown
// with one write as long as more is waiting. Nothing is dropped on its side: the
// library would, from a client that is slow. The end of stdin does not end it;
// SIGTERM does.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/nats-io/nats.go"
)

// bufferSize is how much is read and shown at once, as in our clients.
const bufferSize = 64 << 10

func main() {
	log.SetFlags(0)
	log.SetPrefix("natsline: ")
	name := flag.String("name", "", "`who` this is: what its lines begin with, before a colon")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("HOST:PORT and SUBJECT are wanted")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	prefix := ""
	if *name != "" {
		prefix = *name + ": "
	}
	if err := run(ctx, flag.Arg(0), flag.Arg(1), prefix); err != nil {
		log.Fatal(err)
	}
}

// run connects and talks until ctx ends or the server is gone.
func run(ctx context.Context, addr, subject, prefix string) error {
	gone := make(chan error, 1)
	end := func(why error) { // the first reason is told
		select {
		case gone <- why:
		default:
		}
	}
	nc, err := nats.Connect("nats://"+addr, nats.NoEcho(), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { end(err) }),
		nats.ClosedHandler(func(nc *nats.Conn) { end(errors.Join(errors.New("the connection is over"), nc.LastError())) }))
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := show(nc, subject, end); err != nil {
		return err
	}
	go func() {
		if err := say(nc, subject, prefix); err != nil {
			end(err)
		}
	}()
	select {
	case <-ctx.Done():
		return nil
	case err := <-gone:
		return err
	}
}

// show has what comes shown, and returns once the server knows that it is
// wanted. The first line is that.
func show(nc *nats.Conn, subject string, end func(error)) error {
	screen := bufio.NewWriterSize(os.Stdout, bufferSize)
	sub, err := nc.Subscribe(subject, func(m *nats.Msg) {
		_, _ = screen.Write(m.Data) // Flush says what went wrong
		_ = screen.WriteByte('\n')
		if waiting, _, err := m.Sub.Pending(); err == nil && waiting > 1 { // one of them is this
			return
		}
		if err := screen.Flush(); err != nil {
			end(err)
		}
	})
	if err != nil {
		return err
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return err
	}
	if err := nc.Flush(); err != nil {
		return err
	}
	_, err = fmt.Println("connected")
	return err
}

// say publishes what is typed until that ends.
func say(nc *nats.Conn, subject, prefix string) error {
	in := bufio.NewReaderSize(os.Stdin, bufferSize)
	out := []byte(prefix)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 && err == nil {
			out = append(out[:len(prefix)], line[:len(line)-1]...)
			err = nc.Publish(subject, out)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nc.Flush()
		case err != nil:
			return err
		}
	}
}
