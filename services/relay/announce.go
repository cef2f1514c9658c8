package relay

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"time"

	"peerlab/services/internal/backoff"
)

// announce keeps the node registered until ctx is cancelled, then withdraws it. It
// renews the lease after a third of its duration, less a random part, so that a
// restarted relay lists every running node within five seconds. While the node's
// folder is missing, the node is withdrawn.
func (n *Node) announce(ctx context.Context) {
	a := announcer{Node: n, retry: backoff.Backoff{Min: 50 * time.Millisecond, Max: time.Second}}
	for a.once(ctx).Wait(ctx) == nil {
	}
	n.withdraw()
}

// announcer is the state that announce keeps between attempts.
type announcer struct {
	*Node
	retry     backoff.Backoff
	listed    bool   // the last attempt succeeded
	trouble   bool   // a failure to reach the relay has been logged
	gone      bool   // the missing folder has been logged
	elsewhere string // the address that the relay lists instead, once logged
}

// once registers the node, or withdraws it if its folder is missing, and returns
// the wait before the next attempt.
func (a *announcer) once(ctx context.Context) *backoff.Backoff {
	if _, err := a.folder.current(); err != nil {
		if !a.gone {
			a.Log.Warn("withdrawn from the relay until the folder is back", "err", err)
			a.withdraw()
		}
		a.gone, a.listed = true, false
		return every(time.Second)
	}
	if a.gone {
		a.Log.Info("the folder is back", "dir", a.folder.dir)
		a.gone = false
	}
	addr, good, err := a.register(ctx)
	switch {
	case ctx.Err() != nil:
		return &a.retry // Wait returns at once
	case err != nil:
		if !a.trouble {
			a.Log.Warn("cannot register with the relay; retrying", "relay", a.Relay, "err", err)
		}
		a.trouble, a.listed = true, false
		return &a.retry
	}
	if wanted := a.address(); wanted[0] != ':' && addr != wanted && addr != a.elsewhere {
		a.Log.Warn("the relay cannot reach this node at " + wanted + " and lists it at " + addr +
			"; if clients cannot reach it there, listen at an address that they can reach")
		a.elsewhere = addr
	}
	if !a.listed {
		a.Log.Info("registered with the relay", "relay", a.Relay, "addr", addr)
	}
	a.listed, a.trouble = true, false
	a.retry.Reset()
	return every(good / 3)
}

// every returns a wait of d, shortened by a random part.
func every(d time.Duration) *backoff.Backoff { return &backoff.Backoff{Min: d, Max: d} }

// register sends one REGISTER and returns the address under which the relay lists
// the node and the duration of the lease.
func (n *Node) register(ctx context.Context) (addr string, good time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	f, err := n.Dial.askFor(ctx, n.Relay, "REGISTER "+n.ID+" "+n.address(), "OK", 2)
	if err != nil {
		return "", 0, err
	}
	_, _, err1 := splitAddr(f[0])
	good, err2 := leaseOf(f[1])
	return f[0], max(good, time.Second), cmp.Or(err1, err2)
}

// address returns the address to register, which is the listening address. If the node
// listens on all interfaces the host is empty, and the relay uses the source address of
// the connection.
func (n *Node) address() string {
	at, err := netip.ParseAddrPort(n.Addr())
	if err == nil && at.Addr().IsUnspecified() {
		return fmt.Sprintf(":%d", at.Port())
	}
	return n.Addr()
}

func (n *Node) withdraw() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := n.Dial.askFor(ctx, n.Relay, "WITHDRAW "+n.ID, "OK", 0); err != nil {
		n.Log.Debug("cannot withdraw; the lease will expire", "err", err)
	}
}
