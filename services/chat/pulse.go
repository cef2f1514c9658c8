package chat

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

const (
	beatAfter     = 600 * time.Millisecond // who has written nothing for so long says an empty line
	beatLook      = 500 * time.Millisecond // between two looks whether that is so
	silentAfter   = 2 * time.Second        // who is not heard for so long is called silent
	silenceLimit  = 2750 * time.Millisecond
	secondThought = 100 * time.Millisecond
	renewAfter    = time.Second
)

// errSilent is why a link is closed over which nothing comes.
var errSilent = errors.New("nothing was heard for 3 seconds")

// pulse reads from a connection, and once that is a link, ends it when it has
// been silent for too long. Whatever comes is a sign of life. Time in which this
// process itself was stopped, or held up by its own screen, is no silence: what
// came meanwhile lies ready, so there is a last read before the verdict.
type pulse struct {
	conn    net.Conn
	watched bool         // the handshake is over
	renewed time.Time    // when the deadline was set
	heard   atomic.Int64 // when something came last, in Unix nanoseconds
}

// watch begins to expect signs of life. It is for the reader.
func (p *pulse) watch() {
	p.heard.Store(time.Now().UnixNano())
	p.watched = true
}

// silence returns for how long nothing has come.
func (p *pulse) silence() time.Duration { return time.Since(time.Unix(0, p.heard.Load())) }

func (p *pulse) Read(b []byte) (int, error) {
	if !p.watched {
		return p.conn.Read(b)
	}
	if now := time.Now(); now.Sub(p.renewed) >= renewAfter {
		if err := p.expect(now, silenceLimit); err != nil {
			return 0, err
		}
	}
	for last := false; ; {
		n, err := p.conn.Read(b)
		if n > 0 {
			p.heard.Store(time.Now().UnixNano())
			return n, err
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		left := silenceLimit - p.silence()
		switch {
		case last:
			return 0, errSilent
		case left <= 0:
			last, left = true, secondThought
		}
		if err := p.expect(time.Now(), left); err != nil {
			return 0, err
		}
	}
}

func (p *pulse) expect(now time.Time, within time.Duration) error {
	p.renewed = now
	return p.conn.SetReadDeadline(now.Add(within))
}

// watchOver is the one clock of a member: it has every link say that it lives,
// the others be told what has moved, and what is missing be looked for.
func (m *member) watchOver() {
	defer m.core.close()
	beat := time.NewTicker(beatLook)
	defer beat.Stop()
	for odd := false; ; {
		select {
		case now := <-beat.C:
			for _, l := range m.core.all() {
				l.beat(now)
			}
			if odd = !odd; odd {
				m.core.advertise()
			}
		case <-m.core.alarm.C:
			m.core.tick()
			m.paint()
		case <-m.hard.Done():
			return
		}
	}
}
