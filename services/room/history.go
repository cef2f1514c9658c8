package room

import "bytes"

// maxHistory bounds how many lines a newcomer may be sent.
const maxHistory = 10_000

// history is the newest lines that were said, for newcomers. A nil history keeps
// none. It is for whoever holds the room's lock.
type history struct {
	lines [][]byte // of a fixed capacity; memory of the oldest is used again
	next  int      // the oldest, once there is no more room
}

// add takes in whole lines.
func (h *history) add(said []byte) {
	if h == nil {
		return
	}
	for len(said) > 0 {
		end := bytes.IndexByte(said, '\n') + 1
		if len(h.lines) < cap(h.lines) {
			h.lines = append(h.lines, bytes.Clone(said[:end]))
		} else {
			h.lines[h.next] = append(h.lines[h.next][:0], said[:end]...)
			h.next = (h.next + 1) % len(h.lines)
		}
		said = said[end:]
	}
}

// appendTo adds the lines to dst, the oldest first.
func (h *history) appendTo(dst []byte) []byte {
	if h == nil {
		return dst
	}
	for i := range h.lines {
		dst = append(dst, h.lines[(h.next+i)%len(h.lines)]...)
	}
	return dst
}
