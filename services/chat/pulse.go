package chat

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// errSilent is why a link is closed over which nothing comes.
var errSilent = errors.New("nothing was heard for 3 seconds")

// pulse reads from a connection, and records since when it waits for data. Time in
// which its reader does something else, such as waiting for the screen, is no
// silence of the other side.
type pulse struct {
	conn    net.Conn
	waiting atomic.Int64 // since when, in Unix nanoseconds; 0: it does not wait
}

func (p *pulse) Read(b []byte) (int, error) {
	p.waiting.Store(time.Now().UnixNano())
	defer p.waiting.Store(0)
	return p.conn.Read(b)
}

// silence returns for how long nothing has come.
func (p *pulse) silence(now time.Time) time.Duration {
	since := p.waiting.Load()
	if since == 0 {
		return 0
	}
	return now.Sub(time.Unix(0, since))
}

// watchOver is the one clock of a member: it runs the failure detector, advertises
// what has been shown, and repairs what is missing.
func (m *member) watchOver() {
	defer m.close()
	defer m.beat.Stop()
	for {
		select {
		case <-m.beat.C:
			m.watch()
		case <-m.alarm.C:
			m.tick()
			m.paint()
		case <-m.hard.Done():
			return
		}
	}
}
