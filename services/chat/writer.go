package chat

import (
	"net"
	"time"

	"peerlab/services/chat/internal/wire"
)

// outgoing is how far a link has written. member.mu guards it.
type outgoing struct {
	through uint64    // the last line of ours that is being written, or was
	sent    uint64    // the last line of ours that was written
	moved   time.Time // when something was written last
	leaving bool      // BYE is to follow what is queued
	saidBye bool      // and nothing follows BYE
}

// Next and Wrote are what the writer of a link calls: see outbox.Source.
func (l *link) Next(bufs net.Buffers) net.Buffers {
	if l.saidBye {
		return bufs
	}
	bufs, l.through = l.member.state.Next(l.stream, l.sent, bufs)
	if len(bufs) == 0 && l.leaving { // the other side closes, so that TIME_WAIT is there and not on our source port
		l.saidBye = true
		bufs = append(bufs, wire.Bye{}.Append(nil))
	}
	return bufs
}

func (l *link) Wrote(err error) {
	if err != nil {
		l.closeLocked(err)
		return
	}
	l.sent, l.moved = l.through, time.Now()
}
