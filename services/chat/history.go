package chat

import (
	"net"
	"sort"
)

const (
	segmentSize = 64 << 10
	maxStock    = 4 // segments
)

// history holds lines of one process as they go over the wire, each MSG with the
// AFTER lines before it. That of the lines typed here is the queue of every link
// and the memory for links that come back: a link only remembers how far it has
// got, so that a peer that reads slowly or not at all costs the others nothing,
// and the bound is one for all. That of another process is for those who lack
// some of its lines.
//
// The bytes, once handed out, do not change, and what is dropped of them is left
// to the garbage collector, so slices into it stay good. What was never handed out
// is filled again. It is for whoever holds the delivery lock.
type history struct {
	stock    *stock     // nil: memory is always new
	segments []*segment // the oldest first
	size     int        // bytes in segments
	total    uint64     // bytes ever added
	last     uint64     // sequence number of the newest line; 0: none yet
}

// segment is a run of lines in one piece of memory, none left out.
type segment struct {
	first uint64 // sequence number of its first line
	base  uint64 // bytes added before it
	data  []byte
	ends  []uint32 // where each line ends in data
	lent  bool     // some of data has been handed out
}

// stock is segments that have been dropped and that nobody refers to. New memory
// has to be cleared, and what is dropped to be collected.
type stock []*segment

// put takes in a segment, if it is of use and there is room.
func (st *stock) put(s *segment) {
	if st != nil && !s.lent && cap(s.data) == segmentSize && len(*st) < maxStock {
		*st = append(*st, s)
	}
}

// get hands out a segment with room for n bytes, or nil.
func (st *stock) get(n int) *segment {
	if st == nil || len(*st) == 0 || n > segmentSize {
		return nil
	}
	last := len(*st) - 1
	s := (*st)[last]
	(*st)[last] = nil
	*st = (*st)[:last]
	*s = segment{data: s.data[:0], ends: s.ends[:0]}
	return s
}

func (s *segment) last() uint64 { return s.first + uint64(len(s.ends)) - 1 }

// add takes in line seq, which is greater than all before, without its end, and
// the AFTER lines that belong to it, with theirs. It returns how many bytes that is.
func (h *history) add(seq uint64, after, line []byte) int {
	n := len(after) + len(line) + 1
	s := h.room(seq, n)
	s.data = append(append(append(s.data, after...), line...), '\n')
	s.ends = append(s.ends, uint32(len(s.data)))
	h.last = seq
	h.size += n
	h.total += uint64(n)
	return n
}

// room returns the segment for a line of n bytes.
func (h *history) room(seq uint64, n int) *segment {
	var s *segment
	if len(h.segments) > 0 {
		newest := h.segments[len(h.segments)-1]
		full := len(newest.data)+n > segmentSize
		if seq == h.last+1 && !full {
			return newest
		}
		if full { // there will be many: no growing by and by
			if s = h.stock.get(n); s == nil {
				s = &segment{data: make([]byte, 0, max(segmentSize, n)), ends: make([]uint32, 0, len(newest.ends)+len(newest.ends)/8)}
			}
		}
	}
	if s == nil {
		s = &segment{}
	}
	s.first, s.base = seq, h.total
	h.segments = append(h.segments, s)
	return s
}

// shrink drops the oldest segment if all its lines are among those through, and
// returns how many bytes that makes.
func (h *history) shrink(through uint64) int {
	if len(h.segments) == 0 || h.segments[0].last() > through {
		return 0
	}
	s := h.segments[0]
	h.segments[0] = nil
	h.segments = h.segments[1:]
	n := len(s.data)
	h.size -= n
	h.stock.put(s)
	return n
}

// truncate drops the lines after seq and returns how many bytes that makes. They
// must not have been handed out.
func (h *history) truncate(seq uint64) int {
	before := h.size
	for n := len(h.segments); n > 0 && h.segments[n-1].last() > seq; n = len(h.segments) {
		s := h.segments[n-1]
		keep := s.offset(seq)
		h.size -= len(s.data) - keep
		if keep > 0 {
			s.data, s.ends = s.data[:keep], s.ends[:seq+1-s.first]
			break
		}
		h.segments[n-1] = nil
		h.segments = h.segments[:n-1]
	}
	h.last = min(h.last, seq)
	h.total -= uint64(before - h.size)
	return before - h.size
}

// backlog returns how many bytes follow line seq, dropped ones included as far
// as they can be told.
func (h *history) backlog(seq uint64) uint64 {
	i := h.find(seq)
	if i == len(h.segments) {
		return 0
	}
	s := h.segments[i]
	return h.total - s.base - uint64(s.offset(seq))
}

// find returns the index of the segment with the first line there is after seq.
func (h *history) find(seq uint64) int {
	return sort.Search(len(h.segments), func(i int) bool { return h.segments[i].last() > seq })
}

// offset returns where in the segment its first line after seq begins. There is one.
func (s *segment) offset(seq uint64) int {
	if seq < s.first {
		return 0
	}
	return int(s.ends[seq-s.first])
}

// after adds to bufs the lines that follow line seq, up to line through, as far
// as they are still held, about limit bytes of them. It returns the last line
// added, or seq if there are none, and how many there are.
func (h *history) after(seq, through uint64, limit int, bufs net.Buffers) (_ net.Buffers, last, count uint64) {
	for _, s := range h.segments[h.find(seq):] {
		if s.first > through || limit <= 0 {
			break
		}
		from, to, end := s.offset(seq), len(s.data), s.last()
		if end > through {
			to, end = s.offset(through), through
		}
		bufs = append(bufs, s.data[from:to:to])
		s.lent = true
		limit -= to - from
		count += end - max(seq, s.first-1)
		seq = end
	}
	return bufs, seq, count
}

// next returns the first line there is after seq, with the AFTER lines before it
// and all line ends, and its number. There is one. The bytes are good as long as
// the delivery lock is held.
func (h *history) next(seq uint64) (unit []byte, number uint64) {
	s := h.segments[h.find(seq)]
	number = max(seq+1, s.first)
	return s.data[s.offset(seq):s.ends[number-s.first]], number
}
