package relay

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"peerlab/services/internal/backoff"
)

// announce keeps the node registered until ctx ends, and withdraws it then. The
// lease is renewed at a third of it, shortened by a random part, so that a relay
// that has come back has every living node within five seconds.
func (n *Node) announce(ctx context.Context) {
	trouble, elsewhere := false, ""
	retry := backoff.Backoff{Min: 50 * time.Millisecond, Max: time.Second}
	for {
		var pause time.Duration
		addr, good, err := n.register(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			if !trouble {
				n.Log.Warn("not registered with the relay at "+n.Relay+"; trying on, and serving who knows the way", "err", err)
			}
			trouble = true
			pause = retry.Next()
		default:
			if trouble {
				n.Log.Warn("registered with the relay at " + n.Relay)
			}
			if wanted := n.address(); wanted[0] != ':' && addr != wanted && addr != elsewhere {
				n.Log.Warn("the relay does not find this node at " + wanted + " and lists it at " + addr +
					"; if clients do not find it there, say where they do with -advertise")
				elsewhere = addr
			}
			n.Log.Debug("registered", "addr", addr)
			trouble = false
			retry.Reset()
			wait := backoff.Backoff{Min: good / 3, Max: good / 3}
			pause = wait.Next()
		}
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
	return f[0], max(good, time.Second), errors.Join(err1, err2)
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
		n.Log.Debug("could not withdraw; the lease will end by itself", "err", err)
	}
}
