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

// printed returns a store for a file to print, which is verified before it is printed.
func printed(size int64) (store, error) {
	if size <= inMemory {
		return make(memory, size), nil
	}
	return spool()
}

// errBinary means that a file is not printed because Out is a terminal.
var errBinary = errors.New("not printed because it is not text")

// print writes a verified file to Out. If ctx is cancelled it returns at once, even if
// Out blocks because its reader has stopped; the write then ends with the process. On
// a terminal the file must be text, unless Raw is set.
func (f *Fetch) print(ctx context.Context, j *job) error {
	if f.Terminal && !f.Raw {
		if text, err := isText(io.NewSectionReader(j.store, 0, j.size)); err != nil {
			return fmt.Errorf("%s: %w", j.shown(), err)
		} else if !text {
			return fmt.Errorf("%s, %d bytes: %w; save it with -o DIR, or print it with -raw", j.shown(), j.size, errBinary)
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

// isText reports whether the bytes are safe to print on a terminal: UTF-8 without
// control characters other than tabs, LF and CR LF.
func isText(r io.Reader) (bool, error) {
	in := bufio.NewReader(r)
	var one [utf8.UTFMax]byte
	for ended := false; ; { // ended: the last character was a CR, which LF must follow
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
