package registry

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// byteOrderMark is what a Windows editor begins a file in UTF-8 with; it is in the middle of files that were joined.
var byteOrderMark = []byte("\ufeff")

// complaints are the lines of a registry that cannot be used: how many, and what is wrong with the first of them.
type complaints struct {
	count int
	first []string
}

func (c *complaints) add(format string, args ...any) {
	if c.count++; len(c.first) < maxReported {
		c.first = append(c.first, fmt.Sprintf(format, args...))
	}
}

func (c *complaints) report(path string, log *slog.Logger) {
	for _, text := range c.first {
		log.Warn("registry "+path+": passed over "+text, "kept", path+".bad")
	}
	if more := c.count - len(c.first); more > 0 {
		log.Warn(fmt.Sprintf("registry %s: passed over %d more lines", path, more), "kept", path+".bad")
	}
}

// parse adds the lines of a file to r, as far as they make sense and there is room for them, and returns the others.
func (r *Registry) parse(text []byte) (bad complaints) {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		bad.add("all of it: it is UTF-16; save it as UTF-8")
		return bad
	}
	if fit := whole(text, maxSize); len(fit) < len(text) {
		bad.add("its end: %d bytes are more than a registry has (%d); the lines in its first %d are used", len(text), maxSize, len(fit))
		text = fit
	}
	at := make(map[wire.Name]int) // indices in r.lines
	number, comments := 0, 0
	for raw := range bytes.Lines(text) {
		number++
		l, err := parseLine(bytes.TrimPrefix(raw, byteOrderMark))
		if err != nil {
			bad.add("line %d: %v", number, err)
			continue
		}
		if l.Name == "" || l.comment != "" {
			if comments += len(l.comment) + 1; comments > maxComments {
				bad.add("line %d: more comments than fit into a registry (%d bytes)", number, maxComments)
				l.comment = ""
			}
		}
		switch i, known := at[l.Name]; {
		case l.Name == "" && comments > maxComments: // left out
		case l.Name == "":
			r.lines = append(r.lines, l)
		case known:
			bad.add("line %d: client %s is there before; the later line counts", number, l.Name)
			r.lines[i].Addr = l.Addr
		case len(at) == MaxEntries:
			bad.add("line %d: more clients than a registry has (%d)", number, MaxEntries)
		default:
			at[l.Name] = len(r.lines)
			r.lines = append(r.lines, l)
		}
	}
	return bad
}

// parseLine parses one line. A last line without its end may have been cut, but if it makes sense it is used: the process
// at its address must identify itself in any case.
func parseLine(raw []byte) (line, error) {
	var l line
	if !lines.Clean(bytes.ReplaceAll(bytes.TrimRight(raw, "\r\n"), []byte("\t"), []byte(" "))) {
		return l, fmt.Errorf("%s is no text", lines.Quote(raw))
	}
	text, comment, found := strings.Cut(strings.TrimRight(string(raw), "\r\n"), "#")
	if found {
		l.comment = "#" + comment
	}
	switch f := strings.Fields(text); len(f) {
	case 0:
		return l, nil
	case 2:
		name, err := wire.ParseID(f[0])
		if err != nil {
			return l, err
		}
		if wire.CheckDial(f[1]) != nil {
			return l, fmt.Errorf("%q is no HOST:PORT", f[1])
		}
		l.Entry = Entry{name, f[1]}
		return l, nil
	}
	return l, fmt.Errorf("%s is not ID HOST:PORT", lines.Quote(bytes.TrimRight(raw, "\r\n")))
}
