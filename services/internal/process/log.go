package process

import (
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
)

// newLog returns the log that goes to w: warnings and errors without a time, or
// with -v everything. It is in colour where the stream behind w is a terminal.
func newLog(w io.Writer, stream *os.File, verbose bool) *slog.Logger {
	opts := &tint.Options{
		Level:      slog.LevelWarn,
		TimeFormat: "15:04:05.000",
		NoColor:    !term.IsTerminal(int(stream.Fd())),
	}
	if verbose {
		opts.Level = slog.LevelDebug
	} else {
		opts.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}
	}
	return slog.New(tint.NewHandler(w, opts))
}
