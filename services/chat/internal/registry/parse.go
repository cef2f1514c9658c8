package registry

import (
	"bytes"
	"fmt"
	"strings"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

const (
	// title is the first line of a new registry.
	title = "# The clients of this chat, one ID HOST:PORT a line. The server keeps this file; edit it while none runs."

	MaxEntries  = wire.MaxMembers // clients in a registry
	maxComments = 1 << 20         // bytes of comments and empty lines
	maxFile     = 2 << 20         // bytes; a registry with all of these is shorter, so a longer file is none
	maxReported = 10              // bad lines that the log names one by one
)

// parse returns the lines of a file, as far as they make sense and there is room for them, and calls bad for each other one.
func parse(text []byte, bad func(why string)) (good []Entry) {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		bad("all of it: it is UTF-16; save it as UTF-8")
		return nil
	}
	at := make(map[wire.Name]int) // indices in good
	number, comments := 0, 0
	for raw := range bytes.Lines(text) {
		number++
		raw = bytes.TrimPrefix(raw, []byte("\ufeff")) // Windows editors begin a file in UTF-8 with it; joined files have it in the middle
		e, err := parseLine(bytes.TrimSpace(raw))
		if err == nil && (e.Name == "" || e.comment != "") {
			if comments += len(e.comment) + 1; comments > maxComments {
				e.comment, err = "", fmt.Errorf("more comments than fit into a registry (%d bytes)", maxComments)
			}
		}
		switch i, known := at[e.Name]; {
		case known:
			err = fmt.Errorf("client %s is there before; the later line counts", e.Name)
			good[i].Addr = e.Addr
		case e.Name != "" && len(at) == MaxEntries:
			err = fmt.Errorf("more clients than a registry has (%d)", MaxEntries)
		case e.Name != "":
			at[e.Name] = len(good)
			good = append(good, e)
		case err == nil:
			good = append(good, e)
		}
		if err != nil {
			bad(fmt.Sprintf("line %d: %v", number, err))
		}
	}
	return good
}

// parseLine parses a line without its end. After an error the entry has no name. A last line that has been cut is used if it
// makes sense: the process at its address must identify itself in any case.
func parseLine(raw []byte) (e Entry, err error) {
	if !lines.Clean(bytes.ReplaceAll(raw, []byte("\t"), []byte(" "))) {
		return e, fmt.Errorf("%s is no text", lines.Quote(raw))
	}
	text := string(raw)
	if i := strings.IndexByte(text, '#'); i >= 0 {
		text, e.comment = text[:i], text[i:]
	}
	switch f := strings.Fields(text); {
	case len(f) == 0:
		return e, nil
	case len(f) == 2 && tcp.CheckDial(f[1]) == nil:
		e.Addr = f[1]
		e.Name, err = wire.ParseID(f[0])
		return e, err
	}
	return e, fmt.Errorf("%s is not ID HOST:PORT", lines.Quote(raw))
}

// format returns the content of a file with these lines.
func format(all []Entry) (text []byte) {
	for _, e := range all {
		text = fmt.Appendln(text, strings.TrimSpace(string(e.Name)+" "+e.Addr+" "+e.comment))
	}
	return text
}
