package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// crew is a number of workers that take files.
type crew struct {
	addr     string
	dialect  dialect
	source   string
	atOnce   int
	together bool
	truncate bool
}

// took is what came.
type took struct {
	Files   int     `json:"files"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

const (
	// discardBuffer is how much is read at a time: more goes faster until it no
	// longer fits into the processor's cache.
	discardBuffer = 256 << 10
	// stuck is when to give up.
	stuck = 2 * time.Minute
)

// take takes all files, and stops at the first error.
func (c crew) take(names []string) (took, error) {
	dialer := net.Dialer{Timeout: stuck}
	if c.source != "" {
		ip := net.ParseIP(c.source)
		if ip == nil {
			return took{}, fmt.Errorf("-source %q is no address", c.source)
		}
		dialer.LocalAddr, dialer.Control = &net.TCPAddr{IP: ip}, portLater
	}
	var announced sync.WaitGroup
	announced.Add(len(names))

	work := make(chan string, len(names))
	for _, name := range names {
		work <- name
	}
	close(work)
	var all sync.WaitGroup
	var mu sync.Mutex
	var sum took
	var failed error
	begin := time.Now()
	for range c.atOnce {
		all.Go(func() {
			w := worker{crew: c, dialer: &dialer, in: bufio.NewReaderSize(nil, 16<<10), buf: make([]byte, discardBuffer)}
			for name := range work {
				n, err := w.file(name, &announced)
				mu.Lock()
				if err != nil && failed == nil {
					failed = fmt.Errorf("%s from %s: %w", name, c.addr, err)
				}
				sum.Files, sum.Bytes = sum.Files+1, sum.Bytes+n
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	all.Wait()
	sum.Seconds = time.Since(begin).Seconds()
	return sum, failed
}

// worker takes one file at a time.
type worker struct {
	crew
	dialer *net.Dialer
	in     *bufio.Reader
	buf    []byte
}

// file takes one file over a connection of its own and returns its size.
func (w *worker) file(name string, announced *sync.WaitGroup) (int64, error) {
	once := sync.OnceFunc(announced.Done)
	defer once() // also after an error, so that nobody waits for this one
	conn, err := w.dialer.Dial("tcp", w.addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(stuck)); err != nil {
		return 0, err
	}
	if _, err := io.WriteString(conn, w.dialect.request(name)); err != nil {
		return 0, err
	}
	w.in.Reset(conn)
	size, err := w.dialect.head(w.in)
	if err != nil {
		return 0, err
	}
	once()
	if w.together {
		announced.Wait()
	}
	if err := w.discard(conn, size); err != nil {
		return 0, err
	}
	return size, w.dialect.tail(w.in)
}

// discard drops n bytes: those that have been read ahead, and then straight
// from the connection.
func (w *worker) discard(conn net.Conn, n int64) error {
	ahead, _ := w.in.Discard(int(min(n, int64(w.in.Buffered())))) // they are there
	n -= int64(ahead)
	read := conn.Read
	if w.truncate {
		t, err := newTruncator(conn)
		if err != nil {
			return err
		}
		read = t.Read
	}
	for n > 0 {
		k, err := read(w.buf[:min(n, int64(len(w.buf)))])
		n -= int64(k)
		if err != nil && n > 0 {
			return errors.Join(fmt.Errorf("%d bytes are missing", n), err)
		}
	}
	return nil
}
