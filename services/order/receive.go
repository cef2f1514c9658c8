package order

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"peerlab/services/internal/lines"
)

// settling is how long a complete message is held back in case an earlier one has
// arrived but has not been read. The kernel may not report unread bytes, and the
// goroutine that accepts connections may be delayed.
const settling = 100 * time.Millisecond

// receiver reads one message. It is for the goroutine that owns the connection.
type receiver struct {
	*clientConn
	rounds *rounds
	ready  func() error // called once the message is complete, before it settles; receive returns its error

	text  []byte    // received so far
	whole bool      // ended by LF or half-close
	quiet bool      // the first part of the silence has passed: see deadline
	limit time.Time // for the first byte, then for the whole message
}

// receive reads a message and reports the arrival of its bytes to rounds. If it
// returns nil the message is complete and rounds.complete must be called. A
// *lines.Refusal is to be sent to the client, io.EOF means that the client closed
// without sending, and any other error that the connection failed or ctx is done.
func (r *receiver) receive(ctx context.Context) error {
	// ctx ends a read in progress through its deadline; the loop checks ctx before the next one.
	defer atEnd(ctx, func() { _ = r.SetReadDeadline(time.Now()) })()
	buf := make([]byte, maxMessage)
	r.limit = time.Now().Add(waitLimit)
	for !r.whole {
		if err := r.SetReadDeadline(r.deadline()); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := r.rounds.read(r.clientConn, buf[len(r.text):])
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case n > 0:
			err = r.append(buf[:len(r.text)+n])
		case errors.Is(err, os.ErrDeadlineExceeded):
			switch {
			case r.quiet && !r.arrivals.unread():
				return r.parse() // the silence includes the settling time
			case len(r.text) == 0:
				return lines.Refuse("timeout", "nothing received for %v", waitLimit)
			}
			r.quiet, err = true, nil
		case err == io.EOF && len(r.text) > 0:
			r.whole, err = true, nil
		}
		if err != nil {
			return err
		}
	}
	r.rounds.finish(r.clientConn)
	if err := r.parse(); err != nil {
		return err
	}
	settled := time.NewTimer(settling)
	defer settled.Stop()
	select {
	case <-settled.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// deadline returns the deadline of the next read. A silence is split into two
// reads, so that bytes which arrived while this process was delayed are read
// before the silence counts. Where the kernel reports unread bytes, the silence
// does not end while there are any.
func (r *receiver) deadline() time.Time {
	switch {
	case len(r.text) == 0:
		return r.limit
	case r.quiet:
		return time.Now().Add(settling)
	}
	return time.Now().Add(silence - settling)
}

// append records that text has been received so far.
func (r *receiver) append(text []byte) error {
	if len(r.text) == 0 {
		r.limit = time.Now().Add(waitLimit)
	}
	r.text, r.quiet = text, false
	if end := bytes.IndexByte(text, '\n'); end >= 0 {
		r.text, r.whole, r.m.ended = bytes.TrimSuffix(text[:end], []byte("\r")), true, true
	}
	switch {
	case r.whole:
	case time.Now().After(r.limit):
		return lines.Refuse("timeout", "the message took more than %v", waitLimit)
	case len(r.text) == maxMessage:
		return lines.Refuse("syntax", "no line end within %d bytes; NAME: TEXT may have %d", maxMessage, maxSigned)
	}
	return nil
}

func (r *receiver) parse() (err error) {
	if r.m.signed, err = parse(r.text); err != nil {
		return err
	}
	return r.ready()
}

// atEnd calls f when ctx is done, unless stop has been called before. Once stop
// has returned, f is not running and will not be called.
func atEnd(ctx context.Context, f func()) (stop func()) {
	done := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(done)
		f()
	})
	return func() {
		if !cancel() {
			<-done
		}
	}
}
