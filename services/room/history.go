package room

import "bytes"

const (
	maxHistory      = 10_000  // lines that a new client may receive
	maxHistoryBytes = 1 << 20 // of their text; each new client holds a copy until it has read it
)

// history holds the newest lines, for new clients. A nil history holds none. The
// caller must hold the room's lock.
type history struct {
	most  int // lines
	lines int
	text  []byte // all of them, the oldest first
}

// add appends whole lines and drops the oldest ones above the limits.
func (h *history) add(text []byte) {
	if h == nil {
		return
	}
	h.text = append(h.text, text...)
	h.lines += bytes.Count(text, []byte("\n"))
	for h.lines > h.most || len(h.text) > maxHistoryBytes {
		h.text = h.text[bytes.IndexByte(h.text, '\n')+1:]
		h.lines--
	}
}

// appendTo appends the lines to dst.
func (h *history) appendTo(dst []byte) []byte {
	if h == nil {
		return dst
	}
	return append(dst, h.text...)
}
