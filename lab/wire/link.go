package wire

// The queues: of packets that open a connection, of those that go the way in which it
// was opened, and of those that go back.
const (
	queueDials uint16 = iota
	queueOut
	queueBack
	queues
)

// link is a directed link, by the numbers of its ends.
type link struct{ from, to uint8 }

// mark marks the connections that one program opened to another.
func (l link) mark() uint32 { return 1<<16 | uint32(l.from)<<8 | uint32(l.to) }

func linkOf(mark uint32) link { return link{uint8(mark >> 8), uint8(mark)} }

func (l link) reversed() link { return link{l.to, l.from} }

// packet is one that waits for a verdict.
type packet struct {
	queue   uint16
	id      uint32
	mark    uint32
	payload []byte
}
