package wire

import "time"

// late is a packet that passes at a time.
type late struct {
	at     time.Time
	number uint64
	packet packet
}

// schedule is a heap of late packets, the next one first.
type schedule struct {
	all   []late
	count uint64
}

func (s *schedule) next() uint64 {
	s.count++
	return s.count
}

func (s *schedule) Len() int { return len(s.all) }
func (s *schedule) Less(i, j int) bool {
	if c := s.all[i].at.Compare(s.all[j].at); c != 0 {
		return c < 0
	}
	return s.all[i].number < s.all[j].number
}
func (s *schedule) Swap(i, j int) { s.all[i], s.all[j] = s.all[j], s.all[i] }
func (s *schedule) Push(x any)    { s.all = append(s.all, x.(late)) }

func (s *schedule) Pop() any {
	last := len(s.all) - 1
	x := s.all[last]
	s.all = s.all[:last]
	return x
}
