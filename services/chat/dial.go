package chat

import (
	"context"
	"errors"
	"fmt"
	"syscall"
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

// maxFailures is how many dials in a row may fail to a peer that is known by
// hearsay alone, some two minutes' worth.
const maxFailures = 64

// dialler sees to it that there is a link to p for as long as this member lives
// and p has not left: it dials whenever there is none, again and again.
func (m *member) dialler(p *peer) {
	ctx := m.dialling
	wait := retries()
	for ctx.Err() == nil {
		select {
		case <-p.wake: // what it was about shows now
		default:
		}
		addr, older, over := m.wanted(p)
		switch {
		case over:
			return
		case addr == "":
			select {
			case <-p.wake:
			case <-ctx.Done():
			}
			wait.Reset()
			continue
		case older && !sleep(ctx, precedence):
			return
		case older:
			if addr, _, _ = m.wanted(p); addr == "" {
				continue
			}
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

// wanted returns where to dial p, or "" while there is nothing to do, whether
// this member is the older of the two, and whether p is not to be dialled ever
// again. With each failure it is the turn of another address.
func (m *member) wanted(p *peer) (addr string, older, over bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.failures >= maxFailures && p.incarnation == 0 && !p.registered && p.fixed == "" && p.claim == nil {
		m.dropLocked(p)
		m.delivery.died(originID{p.name, p.rumour.incarnation})
	}
	addrs := p.addrs()
	if p.dropped || p.link != nil || p.claim != nil || p.left || len(addrs) == 0 {
		return "", false, p.dropped
	}
	return addrs[p.failures%len(addrs)], max(p.incarnation, p.rumour.incarnation) > m.Incarnation, false
}

// dial connects to p, or with p nil to whoever is at the address, and runs the
// link until it ends. It reports whether there was one.
func (m *member) dial(ctx context.Context, p *peer, addr string) bool {
	conn, err := m.Dial(ctx, p.calledFor(), addr)
	if err == nil {
		defer conn.Close()
		defer context.AfterFunc(m.hard, func() { conn.Close() })()
		var l *link
		if l, err = m.greet(conn, p, addr); err == nil {
			return m.up(l)
		}
	}
	if p != nil {
		var ours *refusal
		m.mu.Lock()
		p.failures++
		p.mute = errors.As(err, &ours) && ours.code == "timeout"
		if errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &ours) && ours.code == "wrong" {
			for _, id := range p.at(addr) {
				m.delivery.died(id)
			}
		}
		m.mu.Unlock()
	}
	m.undialled(p, addr, err)
	m.settled(false)
	return false
}

// undialled tells of an attempt that failed, and ends the process if it was
// refused for its ID before it was ever let in.
func (m *member) undialled(p *peer, addr string, err error) {
	m.mu.Lock()
	fresh, leaving := m.state == stateNew, m.leaving
	m.mu.Unlock()
	to := p.calledFor()
	var theirs theirRefusal
	refused := errors.As(err, &theirs)
	taken := refused && theirs.code == "taken"
	switch {
	case leaving || m.dialling.Err() != nil:
	case taken && fresh:
		m.fatal(fmt.Errorf("ID %s is taken: %s says that %s", m.Name, addr, theirs.reason))
	case taken && p != nil && !p.warned:
		p.warned = true
		m.Log.Warn("refused by "+to.Who()+"; trying again", "addr", addr, "err", err)
	case fresh && to == server && !refused && !errors.As(err, new(*refusal)):
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
