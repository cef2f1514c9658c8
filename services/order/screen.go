package order

import (
	"context"
	"fmt"
	"io"
)

// unshown is how many lines wait at most while the screen is slow.
const unshown = 256

// screen shows lines in the order of the calls, and keeps whoever calls from
// waiting while the writer behind it does.
type screen struct {
	lines chan string
}

func newScreen() *screen { return &screen{make(chan string, unshown)} }

// show shows a line. It waits only while too many lines do, and not for them once
// ctx has ended.
func (s *screen) show(ctx context.Context, line string) {
	select {
	case s.lines <- line:
	default:
		select {
		case s.lines <- line:
		case <-ctx.Done():
		}
	}
}

// run writes the lines to w until close, and calls failed if w does.
func (s *screen) run(w io.Writer, failed func(error)) {
	var err error
	for line := range s.lines {
		if err != nil {
			continue
		}
		if _, err = io.WriteString(w, line+"\n"); err != nil {
			failed(fmt.Errorf("the screen: %w", err))
		}
	}
}

// close says that there are no more calls of show to come.
func (s *screen) close() { close(s.lines) }
