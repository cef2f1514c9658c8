package console

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// lines finds the lines in what is typed at a terminal, and in what it shows.
type lines struct {
	keys, output []byte
	echo         []string // lines that were typed, and are still to be echoed
}

const (
	maxKeys   = 64 << 10 // bytes of a line that is typed
	maxEchoes = 100      // lines that were typed and not echoed as they stand: the oldest are forgotten
)

// typed returns the lines that end in keys.
func (l *lines) typed(keys []byte) (all []string) {
	for _, k := range keys {
		switch {
		case k == '\r' || k == '\n':
			all = append(all, string(l.keys))
			l.keys = l.keys[:0]
		case k == 0x7f || k == '\b':
			l.keys = l.keys[:max(len(l.keys)-1, 0)]
		case k >= ' ' && len(l.keys) < maxKeys:
			l.keys = append(l.keys, k)
		}
	}
	l.echo = append(l.echo, all...)
	l.echo = l.echo[max(len(l.echo)-maxEchoes, 0):]
	return all
}

// shown returns the lines that end in output, as they stand on the screen: without control
// sequences, and without what was overwritten or is an echo.
func (l *lines) shown(output []byte) (all []string) {
	l.output = append(l.output, output...)
	for {
		b, rest, whole := bytes.Cut(l.output, []byte("\n"))
		if !whole {
			l.output = l.output[max(len(l.output)-maxKeys, 0):]
			return all
		}
		l.output = rest
		line := strings.TrimRight(controls.ReplaceAllString(string(b), ""), "\r ")
		line = line[strings.LastIndexByte(line, '\r')+1:]
		if i := slices.Index(l.echo, strings.TrimPrefix(line, "> ")); i >= 0 {
			l.echo = slices.Delete(l.echo, 0, i+1)
			continue
		}
		if line != "" {
			all = append(all, line)
		}
	}
}

// controls are the sequences by which a program steers a terminal: ECMA-48, 5.4 and 8.3.
var controls = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\^_ -/]*[0-~])`)
