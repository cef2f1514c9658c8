package chat

import (
	"net"
	"sort"
	"sync"
)

const (
	maxHistory  = 16 << 20 // bytes of encoded lines kept for those who are behind
	segmentSize = 64 << 10
)

// history holds the lines typed at this member, encoded once, as MSG lines: it
// is the queue of every link and the memory for links that come back. A link
// only remembers how far it has got, so that a peer that reads slowly or not at
// all costs the others nothing, and the bound is one for all.
//
// The bytes, once written, do not change, and what is dropped is left to the
// garbage collector, so slices into it stay good.
type history struct {
	max int

	mu       sync.Mutex
	segments []*segment // the oldest first
	size     int        // bytes in segments
	total    uint64     // bytes ever added
	last     uint64     // sequence number of the newest line; 0: none yet
}

// segment is a run of lines in one piece of memory.
type segment struct {
	first uint64 // sequence number of its first line
	base  uint64 // bytes added before it
	data  []byte
	ends  []int // where each line ends in data
}

// add encodes the next line and returns its sequence number. The oldest
// segment is dropped when the bound is passed.
func (h *history) add(name Name, text []byte) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	var s *segment
	if n := len(h.segments); n > 0 && len(h.segments[n-1].data) < segmentSize {
		s = h.segments[n-1]
	} else {
		s = &segment{first: h.last, base: h.total}
		h.segments = append(h.segments, s)
	}
	before := len(s.data)
	m := message{verb: verbMsg, name: []byte(name), seq: h.last, text: text}
	s.data = m.append(s.data)
	s.ends = append(s.ends, len(s.data))
	h.size += len(s.data) - before
	h.total += uint64(len(s.data) - before)
	for h.size > h.max && len(h.segments) > 1 {
		h.size -= len(h.segments[0].data)
		h.segments[0] = nil
		h.segments = h.segments[1:]
	}
	return h.last
}

// end returns the sequence number of the newest line.
func (h *history) end() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// backlog returns how many bytes follow line seq, dropped ones included as far
// as they can be told.
func (h *history) backlog(seq uint64) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seq >= h.last {
		return 0
	}
	s := h.segments[h.find(seq)]
	return h.total - s.base - uint64(s.offset(seq))
}

// find returns the index of the segment that holds the line after seq, or the
// oldest there is. It is called with h.mu held and seq < h.last.
func (h *history) find(seq uint64) int {
	i := sort.Search(len(h.segments), func(i int) bool { return h.segments[i].first > seq+1 })
	return max(i-1, 0)
}

// offset returns where in the segment the line after seq begins.
func (s *segment) offset(seq uint64) int {
	if seq < s.first {
		return 0
	}
	return s.ends[seq-s.first]
}

// added returns how many bytes have ever been added.
func (h *history) added() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.total
}

// after adds to bufs the encoded lines that follow line seq, as far as they are
// still held, about limit bytes of them, and returns the last line added, or
// seq if there are none.
func (h *history) after(seq uint64, limit int, bufs net.Buffers) (net.Buffers, uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seq >= h.last {
		return bufs, seq
	}
	for _, s := range h.segments[h.find(seq):] {
		from := s.offset(seq)
		bufs = append(bufs, s.data[from:len(s.data):len(s.data)])
		seq = s.first + uint64(len(s.ends)) - 1
		if limit -= len(s.data) - from; limit <= 0 {
			break
		}
	}
	return bufs, seq
}
