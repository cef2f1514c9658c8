package order

// message is one message from its first byte on.
type message struct {
	signed      // once it is complete
	ended  bool // by LF

	at    int64  // when its last byte so far arrived, in ns since 1970; the sequence's
	nth   uint64 // which of all arrivals that was; the sequence's
	final bool   // at will not change any more; the sequence's
	after int    // final as soon as so many connections have been accepted; the rounds'

	decided chan *round // gets the round that it is in; holds one
}

func newMessage() *message { return &message{decided: make(chan *round, 1)} }

// sequence puts messages in the order in which their last bytes arrived. One that
// is final is held back while an earlier one is not: that one either becomes
// final, and is the earlier, or gets another byte, and is the later. The zero
// value is an empty sequence; it is for one goroutine at a time.
type sequence struct {
	begun    []*message // and not taken, in no order: there are few
	arrivals uint64
}

// arrived says that the latest byte of m arrived at that time. Of two at the same
// time the first to be told of is the earlier.
func (s *sequence) arrived(m *message, at int64) {
	if m.nth == 0 {
		s.begun = append(s.begun, m)
	}
	s.arrivals++
	m.at, m.nth = at, s.arrivals
}

// expect says that bytes of m have arrived, at a time that is not known yet.
// Until it is, m may be the earliest.
func (s *sequence) expect(m *message) {
	if m.nth == 0 {
		s.arrived(m, 0)
	}
}

// drop takes m out, if it is in.
func (s *sequence) drop(m *message) {
	for i, other := range s.begun {
		if other == m {
			s.begun = append(s.begun[:i], s.begun[i+1:]...)
			return
		}
	}
}

// first returns the message that comes next, or nil as long as that is not
// certain.
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
