package relay

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"time"

	"peerlab/services/internal/backoff"
)

// announce keeps the node registered until ctx ends, and withdraws it then. The
// lease is renewed at a third of it, shortened by a random part, so that a relay
// that was restarted lists every running node within five seconds. While the
// folder of the node is gone, the node is withdrawn.
func (n *Node) announce(ctx context.Context) {
	a := announcer{Node: n, retry: backoff.Backoff{Min: 50 * time.Millisecond, Max: time.Second}}
	for {
		pause := a.once(ctx)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			n.withdraw()
			return
		}
	}
}

// announcer is what announce remembers from one attempt to the next.
type announcer struct {
	*Node
	retry     backoff.Backoff
	listed    bool   // the last attempt succeeded
	trouble   bool   // the log has said that the relay cannot be reached
	gone      bool   // the log has said that the folder is gone
	elsewhere string // the address that the log has said the relay lists instead
}

// once registers the node, or withdraws it if its folder is gone, and returns how
// long to wait before the next attempt.
func (a *announcer) once(ctx context.Context) (pause time.Duration) {
	if _, err := a.folder.current(); err != nil {
		if !a.gone {
			a.Log.Warn("withdrawn from the relay until the folder is back", "err", err)
			a.withdraw()
		}
		a.gone, a.listed = true, false
		return time.Second
	}
	if a.gone {
		a.Log.Info("the folder is back", "dir", a.folder.dir)
		a.gone = false
	}
	addr, good, err := a.register(ctx)
	switch {
	case ctx.Err() != nil:
		return 0
	case err != nil:
		if !a.trouble {
			a.Log.Warn("cannot register with the relay; retrying", "relay", a.Relay, "err", err)
		}
		a.trouble, a.listed = true, false
		return a.retry.Next()
	}
	if wanted := a.address(); wanted[0] != ':' && addr != wanted && addr != a.elsewhere {
		a.Log.Warn("the relay does not find this node at " + wanted + " and lists it at " + addr +
			"; if clients cannot reach it there, give the address that they can reach with -advertise")
		a.elsewhere = addr
	}
	if !a.listed {
		a.Log.Info("registered with the relay", "relay", a.Relay, "addr", addr)
	}
	a.listed, a.trouble = true, false
	a.retry.Reset()
	wait := backoff.Backoff{Min: good / 3, Max: good / 3}
	return wait.Next()
}

// register announces the node once and returns the address it is listed under,
// and for how long.
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

// address is what the relay is to list: what is advertised, or else where the node
// listens. Only on all hosts of its machine it is for the relay to see which one that is.
func (n *Node) address() string {
	if n.Advertise != "" {
		return n.Advertise
	}
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
		n.Log.Debug("cannot withdraw; the lease ends by itself", "err", err)
	}
}
