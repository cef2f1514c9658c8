package broadcast

import (
	"bytes"
	"sort"
)

const segmentSize = 64 << 10

// log is the lines of one process as they are sent, each MSG with the AFTER lines
// before it. That of the lines typed here is the queue of every link, and what a
// link that comes back is sent: a link remembers only how far it has got, so that
// a peer that reads slowly or not at all costs the others nothing, and one bound
// is enough. That of another process is for members that lack some of its lines.
//
// Bytes that were returned do not change.
type log struct {
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
}

func (s *segment) last() uint64 { return s.first + uint64(len(s.ends)) - 1 }

// add adds line seq, which is greater than all before, without its end, and its
// AFTER lines, with theirs. It returns how many bytes that is.
func (l *log) add(seq uint64, after, line []byte) int {
	n := len(after) + len(line) + 1
	var s *segment
	if k := len(l.segments); k > 0 {
		s = l.segments[k-1]
	}
	if full := s != nil && len(s.data)+n > segmentSize; s == nil || full || seq != l.last+1 {
		s = &segment{first: seq, base: l.total}
		if full { // the first of a log grows with its lines, as most senders have few
			s.data = make([]byte, 0, max(segmentSize, n))
		}
		l.segments = append(l.segments, s)
	}
	s.data = append(append(append(s.data, after...), line...), '\n')
	s.ends = append(s.ends, uint32(len(s.data)))
	l.last = seq
	l.size += n
	l.total += uint64(n)
	return n
}

// shrink drops the oldest segment if all its lines are among those through, and
// returns how many bytes that makes.
func (l *log) shrink(through uint64) int {
	if len(l.segments) == 0 || l.segments[0].last() > through {
		return 0
	}
	s := l.segments[0]
	l.segments[0] = nil
	l.segments = l.segments[1:]
	n := len(s.data)
	l.size -= n
	return n
}

// truncate drops the lines after seq and returns how many bytes that makes.
func (l *log) truncate(seq uint64) int {
	before := l.size
	for n := len(l.segments); n > 0 && l.segments[n-1].last() > seq; n = len(l.segments) {
		s := l.segments[n-1]
		keep := s.offset(seq)
		l.size -= len(s.data) - keep
		if keep > 0 {
			s.data, s.ends = s.data[:keep:keep], s.ends[:seq+1-s.first]
			break
		}
		l.segments[n-1] = nil
		l.segments = l.segments[:n-1]
	}
	l.last = min(l.last, seq)
	l.total -= uint64(before - l.size)
	return before - l.size
}

// backlog returns how many bytes follow line seq, dropped ones included as far
// as they can be told.
func (l *log) backlog(seq uint64) uint64 {
	i := l.find(seq)
	if i == len(l.segments) {
		return 0
	}
	s := l.segments[i]
	return l.total - s.base - uint64(s.offset(seq))
}

// find returns the index of the segment with the first line there is after seq.
func (l *log) find(seq uint64) int {
	return sort.Search(len(l.segments), func(i int) bool { return l.segments[i].last() > seq })
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
func (l *log) after(seq, through uint64, limit int, bufs [][]byte) (_ [][]byte, last, count uint64) {
	for _, s := range l.segments[l.find(seq):] {
		if s.first > through || limit <= 0 {
			break
		}
		from, to, end := s.offset(seq), len(s.data), s.last()
		if end > through {
			to, end = s.offset(through), through
		}
		bufs = append(bufs, s.data[from:to:to])
		limit -= to - from
		count += end - max(seq, s.first-1)
		seq = end
	}
	return bufs, seq, count
}

// next returns the first line there is after seq, with the AFTER lines before it
// and all line ends, and its number. There is one. The bytes are valid until the
// next call.
func (l *log) next(seq uint64) (unit []byte, number uint64) {
	s := l.segments[l.find(seq)]
	number = max(seq+1, s.first)
	return s.data[s.offset(seq):s.ends[number-s.first]], number
}

// text returns the text of line seq, or nil if it is not held.
func (l *log) text(seq uint64) []byte {
	if l.find(seq-1) < len(l.segments) {
		if unit, number := l.next(seq - 1); number == seq {
			return textOf(unit)
		}
	}
	return nil
}

// textOf returns the text of a line in a log.
func textOf(unit []byte) []byte {
	for bytes.HasPrefix(unit, []byte("AFTER ")) {
		_, unit, _ = bytes.Cut(unit, []byte{'\n'})
	}
	for range 3 { // MSG, name, number
		_, unit, _ = bytes.Cut(unit, []byte{' '})
	}
	return unit[:len(unit)-1]
}
