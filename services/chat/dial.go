package chat

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 2 * time.Second
	// homeRetry is the pause between two dials of a peer while there is a link to it
	// that may lead to another process of its name.
	homeRetry = 5 * time.Second
	// precedence is how long the older of two members waits for the younger one to
	// dial, so that their dials seldom cross. A newcomer has many to dial.
	precedence         = 200 * time.Millisecond
	newcomerPrecedence = 500 * time.Millisecond
)

// redialLocked ensures that a dialler is running for p if p is to be dialled: the one
// that runs is woken, or a new one is started, which begins with a pause if wait is
// true, and with the shortest pauses if afresh is true. It must be called when a link
// or a handshake with p has ended, and when there is news of where it is.
func (m *member) redialLocked(p *peer, wait, afresh bool) {
	switch {
	case !p.pursued || p.dropped || p.linkedLocked() || p.claim != nil || m.leaving:
	case p.dialling:
		if p.link == nil {
			p.news()
		}
	default:
		p.setPausesLocked()
		if afresh {
			p.pauses.Reset()
		}
		p.dialling = true
		m.work(func() { m.dialler(p, wait) })
	}
}

// dialler dials p until there is a link to it, or nothing to dial for. redialLocked
// starts the next one.
func (m *member) dialler(p *peer, wait bool) {
	ctx := m.dialling
	for ; ctx.Err() == nil; wait = true {
		if wait && p.pauses.WaitOr(ctx, p.wake) != nil { // the news may be another address
			return
		}
		select {
		case <-p.wake: // what it was about shows now
		default:
		}
		addr, precedence := m.wanted(p)
		if precedence > 0 {
			sleep(ctx, precedence)
			addr, _ = m.wanted(p)
		}
		if addr == "" || m.dial(p, addr) {
			return
		}
	}
}

// wanted returns where to dial p, and for how long to wait before in case p dials.
// After each failure it returns another address. While there is nothing to dial for
// it returns "", and the dialler must end.
func (m *member) wanted(p *peer) (addr string, wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.endGossipLocked(p)
	p.setPausesLocked()
	addrs := p.addrsLocked()
	if p.dropped || p.linkedLocked() || p.claim != nil || p.left || len(addrs) == 0 || p.name == "" && m.stage != wire.StateNew {
		p.dialling = false
		return "", 0
	}
	switch {
	case p.link != nil:
		return p.home, precedence
	case max(p.incarnation, p.gossip.incarnation) <= m.Incarnation: // this is the younger one
	case p.incarnation == 0:
		wait = newcomerPrecedence
	default:
		wait = precedence
	}
	return addrs[p.failures%len(addrs)], wait
}

// setPausesLocked sets the pauses between two dials of p.
func (p *peer) setPausesLocked() {
	p.pauses.Min, p.pauses.Max = firstRetry, lastRetry
	switch {
	case p.link != nil:
		p.pauses.Min, p.pauses.Max = homeRetry, homeRetry
	case p.unmetLocked():
		p.pauses.Max = gossipRetry
	}
}

// dial connects to p at an address. It runs the link, if it comes up, and reports
// whether it did.
func (m *member) dial(p *peer, addr string) bool {
	conn, err := m.Dial(m.dialling, p.name, addr)
	if err == nil {
		conn, err = m.identity.Client(m.dialling, conn, "") // HELLO says who is there
	}
	var l *link
	if err == nil {
		l, err = m.shakeHands(conn, addr, p)
	}
	if err != nil {
		m.dialFailed(p, addr, err)
	}
	if l != nil {
		m.run(l)
	}
	return l != nil
}

// dialFailed records that a dial has failed, and reports it. If this member was
// refused for its ID before it was admitted anywhere, its process ends.
func (m *member) dialFailed(p *peer, addr string, err error) {
	m.mu.Lock()
	m.dialFailedLocked(p, addr, err)
	m.settledLocked()
	fresh, leaving := m.stage == wire.StateNew, m.leaving
	m.mu.Unlock()
	var theirs theirRefusal
	switch {
	case leaving || m.dialling.Err() != nil:
	case fresh && errors.As(err, &theirs) && theirs.Code == "taken":
		m.fatal(fmt.Errorf("ID %s is taken: %s says that %s", m.Name, addr, theirs.Reason))
	default:
		m.report(p, addr, fresh, err)
	}
}

func (m *member) dialFailedLocked(p *peer, addr string, err error) {
	var theirs theirRefusal
	isLinked := p.link != nil && errors.As(err, &theirs) && theirs.Code == "linked"
	noProcess, otherMember := errors.Is(err, syscall.ECONNREFUSED), lines.IsRefusal(err, "wrong")
	if addr == p.home && (isLinked || p.fixed == "" && (noProcess || failed(err, false) == stranger)) {
		p.home = "" // the link is the one to the owner of the name, or it has none
	}
	if p.link != nil { // it has dialled meanwhile, and lives
		return
	}
	if addrs := p.addrsLocked(); len(addrs) == 0 || addrs[p.failures%len(addrs)] == addr { // else there is news since, whose turn it is
		p.failures++
	}
	p.mute = lines.IsRefusal(err, "timeout")
	if addr == p.gossip.addr {
		p.gossip.failures++
		if otherMember {
			p.gossip.failures = maxGossipDials
		}
	}
	if noProcess || otherMember {
		if addr == p.addr {
			m.state.Ended(p.idLocked())
		}
		if addr == p.gossip.addr {
			m.state.Ended(wire.ID{Name: p.name, Incarnation: p.gossip.incarnation})
		}
	}
}
