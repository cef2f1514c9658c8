package process

import (
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"peerlab/services/internal/lines"
)

// newLog returns a log that writes to w: records of level Info and above, without
// a time, or with -v all records. It is in colour if stream is a terminal.
func newLog(w io.Writer, stream *os.File, verbose bool) *slog.Logger {
	opts := &tint.Options{
		Level:       slog.LevelInfo,
		TimeFormat:  "15:04:05.000",
		NoColor:     !term.IsTerminal(int(stream.Fd())),
		ReplaceAttr: tame,
	}
	if verbose {
		opts.Level = slog.LevelDebug
	} else {
		opts.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return tame(groups, a)
		}
	}
	return slog.New(tint.NewTextHandler(w, opts))
}

// tame makes text harmless that strangers may have had a hand in. With colour on,
// tint writes an ESC in an attribute as it is, and even turns the four letters
// \x1b, as in a line that has been escaped already, back into one. What it gets
// as bytes it quotes, or for the message writes, and that is all.
func tame(groups []string, a slog.Attr) slog.Attr {
	switch v := a.Value; v.Kind() {
	case slog.KindString, slog.KindAny:
		switch v.Any().(type) {
		case slog.Level, []byte:
			return a
		}
		text := []byte(v.String())
		if len(groups) == 0 && a.Key == slog.MessageKey {
			text = lines.Escape(nil, text)
		}
		a.Value = slog.AnyValue(text)
	}
	return a
}
