package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"peerlab/services/internal/backoff"
)

const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 2 * time.Second
	// precedence is how long the older of two waits for the younger one to dial,
	// so that in the ordinary course of things their dials do not cross.
	precedence = 200 * time.Millisecond
)

func retries() backoff.Backoff { return backoff.Backoff{Min: firstRetry, Max: lastRetry} }

// dialler sees to it that there is a link to p for as long as this member lives
// and p has not left: it dials whenever there is none, again and again.
func (m *member) dialler(p *peer) {
	ctx := m.soft
	wait := retries()
	for ctx.Err() == nil {
		addr, older := m.wanted(p)
		if addr != "" && older {
			if !sleep(ctx, precedence) {
				return
			}
			addr, _ = m.wanted(p)
		}
		if addr == "" {
			select {
			case <-p.wake:
			case <-ctx.Done():
			}
			wait.Reset()
			continue
		}
		start := time.Now()
		if m.dial(ctx, p, addr) && time.Since(start) > lastRetry {
			wait.Reset() // a link that lasted: it is worth another try soon
		}
		pause := time.NewTimer(wait.Next())
		select {
		case <-p.wake: // news: perhaps a new address
		case <-pause.C:
		case <-ctx.Done():
		}
		pause.Stop()
	}
}

// wanted returns where to dial p, or "" while there is nothing to do, and
// whether this member is the older of the two.
func (m *member) wanted(p *peer) (addr string, older bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.link != nil || p.claim != nil || p.left {
		return "", false
	}
	return p.addr, p.incarnation > m.Incarnation
}

// dial connects to p, or with p nil to whoever is at the address, and runs the
// link until it ends. It reports whether there was one.
func (m *member) dial(ctx context.Context, p *peer, addr string) bool {
	conn, err := m.Dial(ctx, p.calledFor(), addr)
	if err != nil {
		m.undialled(p, addr, err)
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(m.hard, func() { conn.Close() })()
	l, err := m.greet(conn, p)
	if err != nil {
		m.undialled(p, addr, err)
		return false
	}
	return m.up(l)
}

// undialled tells of an attempt that failed, and ends the process if it was
// refused for its ID before it was ever let in.
func (m *member) undialled(p *peer, addr string, err error) {
	m.mu.Lock()
	fresh, leaving := m.state == stateNew, m.leaving
	m.mu.Unlock()
	to := p.calledFor()
	var theirs theirRefusal
	taken := errors.As(err, &theirs) && theirs.code == "taken"
	switch {
	case leaving:
	case taken && fresh:
		m.fatal(fmt.Errorf("ID %s is taken: %s says that %s", m.Name, addr, theirs.reason))
	case taken && p != nil && !p.warned:
		p.warned = true
		m.Log.Warn("refused by "+to.Who()+"; trying again", "addr", addr, "err", err)
	case fresh && to == server:
		m.alone.tell(m.Log, addr, err)
	default:
		m.Log.Debug("no connection; trying again", "to", to, "addr", addr, "err", err)
	}
}

// seek dials an address of which only that is known, until this member is in,
// by this way or by another.
func (m *member) seek(ctx context.Context, addr string) {
	wait := retries()
	for !m.dial(ctx, nil, addr) && m.isNew() {
		if !sleep(ctx, wait.Next()) {
			return
		}
	}
}

func (m *member) isNew() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state == stateNew
}
