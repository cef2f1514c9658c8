package relay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"peerlab/services/internal/lines"
)

// printed makes a store for a file that goes to the screen: what is printed has
// been verified before.
func printed(size int64) (store, error) {
	if size <= inMemory {
		return make(memory, size), nil
	}
	return spool()
}

// errBinary says that a file is not for a terminal.
var errBinary = errors.New("not printed: it is no text")

// print writes a verified file to Out, until ctx ends: whoever reads Out may have
// stopped doing so, and then the write ends with the process. On a terminal it must
// be text, unless Raw is set.
func (f *Fetch) print(ctx context.Context, j *job) error {
	if f.Terminal && !f.Raw {
		if text, err := isText(io.NewSectionReader(j.store, 0, j.size)); err != nil {
			return fmt.Errorf("%s: %w", j.shown(), err)
		} else if !text {
			return fmt.Errorf("%s, %d bytes: %w; save it with -o DIR, or print it all the same with -raw", j.shown(), j.size, errBinary)
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(f.Out, io.NewSectionReader(j.store, 0, j.size))
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("print %s: %w", j.shown(), err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", j.shown(), errStopped)
	}
}

// isText reports whether a terminal may show the bytes as they are: UTF-8
// without control characters other than those that end lines, and tabs.
func isText(r io.Reader) (bool, error) {
	in := bufio.NewReader(r)
	var one [utf8.UTFMax]byte
	for ended := false; ; { // a CR may only be followed by its LF
		r, size, err := in.ReadRune()
		switch {
		case err == io.EOF:
			return !ended, nil
		case err != nil:
			return false, err
		case ended && r != '\n', r == utf8.RuneError && size == 1:
			return false, nil
		case r == '\n' || r == '\t':
		case r != '\r' && !lines.Clean(utf8.AppendRune(one[:0], r)):
			return false, nil
		}
		ended = r == '\r'
	}
}
