package order

// message is a message from its first byte on. The sequence owns the fields at,
// nth and final; rounds owns after.
type message struct {
	signed      // set once it is complete
	ended  bool // by LF

	at    int64  // arrival of its latest byte, in ns since 1970
	nth   uint64 // number of that arrival among all arrivals
	final bool   // at does not change any more
	after int    // its round waits until so many connections have been accepted

	decided chan *round // receives its round; buffers one
}

func newMessage() *message { return &message{decided: make(chan *round, 1)} }

// sequence sorts messages by the arrival of their last bytes. It holds a final
// message back while an earlier one is not final: the earlier one either becomes
// final, and stays earlier, or receives another byte, and becomes the later one.
// The zero value is an empty sequence. It is for one goroutine at a time.
type sequence struct {
	begun    []*message // not dropped yet; unsorted, because there are few
	arrivals uint64
}

// arrived records that the latest byte of m arrived at the time at. Of two
// messages with the same time, the one recorded first is the earlier.
func (s *sequence) arrived(m *message, at int64) {
	if m.nth == 0 {
		s.begun = append(s.begun, m)
	}
	s.arrivals++
	m.at, m.nth = at, s.arrivals
}

// expect records that bytes of m have arrived at a time that is not known yet.
// Until arrived is called, m counts as the earliest message.
func (s *sequence) expect(m *message) {
	if m.nth == 0 {
		s.arrived(m, 0)
	}
}

// drop removes m, if it is present.
func (s *sequence) drop(m *message) {
	for i, other := range s.begun {
		if other == m {
			s.begun = append(s.begun[:i], s.begun[i+1:]...)
			return
		}
	}
}

// first returns the next message, or nil while that is not certain.
func (s *sequence) first() *message {
	var first *message
	for _, m := range s.begun {
		if first == nil || m.at < first.at || m.at == first.at && m.nth < first.nth {
			first = m
		}
	}
	if first == nil || !first.final {
		return nil
	}
	return first
}
