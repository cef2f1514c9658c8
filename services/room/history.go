package room

import "bytes"

const (
	maxHistory      = 10_000  // lines that a newcomer may be sent
	maxHistoryBytes = 1 << 20 // of them; each newcomer costs as much until it has read them
)

// history is the newest lines that were said, for newcomers. A nil history keeps
// none. It is for whoever holds the room's lock.
type history struct {
	most  int // lines
	lines int
	text  []byte // all of them, the oldest first
}

// add takes in whole lines.
func (h *history) add(said []byte) {
	if h == nil {
		return
	}
	h.text = append(h.text, said...)
	h.lines += bytes.Count(said, []byte("\n"))
	for h.lines > h.most || len(h.text) > maxHistoryBytes {
		h.text = h.text[bytes.IndexByte(h.text, '\n')+1:]
		h.lines--
	}
}

// appendTo adds the lines to dst.
func (h *history) appendTo(dst []byte) []byte {
	if h == nil {
		return dst
	}
	return append(dst, h.text...)
}
