package relay

import (
	"context"
	"net"
	"time"

	"peerlab/services/internal/backoff"
)

// renewal is how often a node renews its lease: at a third of it. It is
// shortened by a random part, so that a relay that has come back has every
// living node within five seconds.
const renewal = lease / 3

// announce keeps the node registered until ctx ends, and withdraws it then.
func (n *Node) announce(ctx context.Context) {
	trouble := false
	retry := backoff.Backoff{Min: 50 * time.Millisecond, Max: time.Second}
	for {
		wait := backoff.Backoff{Min: renewal, Max: renewal}
		pause := wait.Next()
		switch addr, err := n.register(ctx); {
		case ctx.Err() != nil:
		case err != nil:
			if !trouble {
				n.Log.Warn("no relay at "+n.Relay+"; trying on, and serving who knows the way", "err", err)
			}
			trouble = true
			pause = retry.Next()
		default:
			if trouble {
				n.Log.Warn("registered with the relay at " + n.Relay)
			}
			n.Log.Debug("registered", "addr", addr)
			trouble = false
			retry.Reset()
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

// register announces the node once and returns the address it is listed under.
func (n *Node) register(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	addr := n.Advertise
	if addr == "" {
		_, port, err := net.SplitHostPort(n.Addr())
		if err != nil {
			return "", err
		}
		addr = ":" + port
	}
	f, err := askFor(ctx, n.Relay, "REGISTER "+n.ID+" "+addr, "OK", 2)
	if err != nil {
		return "", err
	}
	return f[0], nil
}

func (n *Node) withdraw() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := askFor(ctx, n.Relay, "WITHDRAW "+n.ID, "OK", 0); err != nil {
		n.Log.Debug("could not withdraw; the lease will end by itself", "err", err)
	}
}
