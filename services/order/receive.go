package order

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// settling is how long a message that is complete is waited with, in case that
// another one has arrived earlier that the rounds can't know of yet: where the
// kernel can't be asked what has not been read, or while the very goroutine that
// accepts is held up.
const settling = 100 * time.Millisecond

// hearing is the reading of one message. It belongs to the goroutine that owns
// the connection.
type hearing struct {
	*caller
	rounds *rounds
	ready  func() error // is called when nothing is missing but time to settle; its error is hear's

	text  []byte    // what has arrived
	whole bool      // by LF or half-close: no more of it will
	quiet bool      // nothing came for a part of the silence: see deadline
	limit time.Time // for the first byte, and then for all of them
}

// hear reads a message, telling the rounds when its bytes arrive. When it returns
// nil the message is complete, and time to say so to the rounds. A refusal is for
// the client, io.EOF says that it has closed without a word, any other error that
// the connection has failed.
func (h *hearing) hear(ctx context.Context) error {
	// The read under way ends with ctx; one that begins later looks at ctx itself.
	defer atEnd(ctx, func() { _ = h.SetReadDeadline(time.Now()) })()
	buf := make([]byte, maxMessage)
	h.limit = time.Now().Add(patience)
	for !h.whole {
		if err := h.SetReadDeadline(h.deadline()); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := h.rounds.read(h.caller, buf[len(h.text):])
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case n > 0:
			err = h.take(buf[:len(h.text)+n])
		case errors.Is(err, os.ErrDeadlineExceeded):
			switch {
			case h.quiet && !h.arrivals.unread():
				return h.parse() // the settling was part of the silence
			case len(h.text) == 0:
				return refuse("timeout", "nothing came for %v", patience)
			}
			h.quiet, err = true, nil
		case err == io.EOF && len(h.text) > 0:
			h.whole, err = true, nil
		}
		if err != nil {
			return err
		}
	}
	h.rounds.whole(h.caller)
	if err := h.parse(); err != nil {
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

// deadline returns how long to wait for the next byte. Silence is waited for in
// two parts, so that bytes which have arrived are read before time is up even if
// this process was held up all the while; and where the kernel can be asked there
// is no end to it while there are some.
func (h *hearing) deadline() time.Time {
	switch {
	case len(h.text) == 0:
		return h.limit
	case h.quiet:
		return time.Now().Add(settling)
	}
	return time.Now().Add(silence - settling)
}

// take takes in what has been read so far.
func (h *hearing) take(text []byte) error {
	if len(h.text) == 0 {
		h.limit = time.Now().Add(patience)
	}
	h.text, h.quiet = text, false
	if end := bytes.IndexByte(text, '\n'); end >= 0 {
		h.text, h.whole, h.m.ended = bytes.TrimSuffix(text[:end], []byte("\r")), true, true
	}
	switch {
	case h.whole:
	case time.Now().After(h.limit):
		return refuse("timeout", "the message took more than %v", patience)
	case len(h.text) == maxMessage:
		return refuse("syntax", "a message of %d bytes and no end; NAME: TEXT may have %d", maxMessage, maxSigned)
	}
	return nil
}

func (h *hearing) parse() (err error) {
	if h.m.signed, err = parse(h.text); err != nil {
		return err
	}
	return h.ready()
}

// atEnd has f called when ctx ends, until the function that it returns is
// called: from then on f neither runs nor will.
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
