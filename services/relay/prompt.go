package relay

import (
	"context"
	"errors"
	"fmt"
	"io"

	"peerlab/services/internal/lines"
)

// Input hands out the lines that are typed, without their ends. io.EOF says that
// there will be no more, any other error than lines.ErrTooLong that whoever
// typed has left and waits for nothing.
type Input interface {
	Next() ([]byte, error)
	SkipLine() (int64, error) // drops the rest of a line that was too long
}

// typedAhead is how many names may be typed while a file is fetched. More are left
// where they come from: a terminal hears Ctrl-C all the same.
const typedAhead = 256

// Prompt fetches the files that are named on in, a line each, until its end or
// that of ctx. What fails is told to Err; the next name is another try. If in has
// an end, the error then says how many failed. The goroutine that reads in ends
// with in.
func (f *Fetch) Prompt(ctx context.Context, in Input) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	names := make(chan string, typedAhead)
	go func() {
		defer close(names)
		if err := readNames(ctx, in, names, f.Err); !errors.Is(err, io.EOF) {
			cancel() // a transfer that is under way too
		}
	}()
	asked, failed := 0, 0
	for {
		select {
		case name, ok := <-names:
			switch {
			case ok:
			case ctx.Err() != nil: // whoever has left wants to know nothing
				return nil
			default:
				return notFetched(failed, asked)
			}
			asked++
			if err := f.File(ctx, name); err != nil && ctx.Err() == nil {
				failed++
				fmt.Fprintf(f.Err, "fetch: %v\n", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func readNames(ctx context.Context, in Input, names chan<- string, errs io.Writer) error {
	for {
		line, err := in.Next()
		switch {
		case errors.Is(err, lines.ErrTooLong):
			if _, err := in.SkipLine(); err != nil {
				return err
			}
			fmt.Fprintf(errs, "fetch: a name has at most %d bytes\n", maxName)
		case err != nil:
			return err
		case len(line) > 0:
			select {
			case names <- string(line):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}
