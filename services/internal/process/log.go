package process

import (
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"peerlab/services/internal/lines"
)

// newLog returns a logger that writes to w. It logs records of level Info and
// above without their time, or with verbose all records with their time. It uses
// colour if stream is a terminal.
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

// tame escapes text that may come from the network. With colour enabled, tint
// writes an ESC in an attribute unchanged, and even converts the four characters
// \x1b of an escaped line back into an ESC. A []byte value it only quotes, and a
// []byte message it writes unchanged.
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
