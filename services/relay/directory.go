package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"peerlab/services/internal/lines"
)

// directory caches the relay's list of nodes for as long as the relay allows. It is
// for one goroutine at a time.
type directory struct {
	dial  Dialer
	relay string
	nodes []string
	until time.Time
}

// errNoNodes means that there is no relay, or no node, to ask for any file.
var errNoNodes = errors.New("no relay or node to ask")

// noNodes is an error with a message of its own that matches errNoNodes.
type noNodes struct{ error }

func (noNodes) Is(target error) bool { return target == errNoNodes }

// list returns the nodes, longest registered first. fresh reports whether the list
// comes from the relay rather than from the cache.
func (d *directory) list(ctx context.Context) (nodes []string, fresh bool, err error) {
	if time.Now().Before(d.until) {
		return d.nodes, false, nil
	}
	nodes, good, err := d.ask(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, false, errStopped
	case err != nil:
		return nil, false, noNodes{fmt.Errorf("no relay at %s: %w; start it: relay PORT", d.relay, err)}
	case len(nodes) == 0:
		return nil, false, noNodes{fmt.Errorf("the relay at %s lists no node; start one: node -dir FOLDER RELAY_HOST RELAY_PORT", d.relay)}
	}
	d.nodes, d.until = nodes, time.Now().Add(good)
	return nodes, true, nil
}

// moveToEnd moves the given nodes behind all others in the cached list.
func (d *directory) moveToEnd(nodes map[string]bool) {
	first := slices.DeleteFunc(slices.Clone(d.nodes), func(addr string) bool { return nodes[addr] })
	rest := slices.DeleteFunc(slices.Clone(d.nodes), func(addr string) bool { return !nodes[addr] })
	d.nodes = append(first, rest...)
}

// forget makes the next list ask the relay.
func (d *directory) forget() { d.until = time.Time{} }

func (d *directory) ask(ctx context.Context) (nodes []string, good time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	c, err := d.dial.call(ctx, d.relay)
	if err != nil {
		return nil, 0, err
	}
	defer c.close()
	f, err := c.ask("NODES", "NODES", 2)
	if err != nil {
		return nil, 0, err
	}
	count, err := number(f[0])
	if err != nil || count > maxNodes {
		return nil, 0, lines.Refuse("syntax", "%s nodes are more than any relay lists", lines.Quote([]byte(f[0])))
	}
	good, err = leaseOf(f[1])
	if err != nil {
		return nil, 0, err
	}
	for range count {
		f, err := c.receive("NODE", 1)
		if err != nil {
			return nil, 0, err
		}
		host, _, err := splitAddr(f[0])
		if err != nil {
			return nil, 0, err
		}
		if host != "" && !slices.Contains(nodes, f[0]) {
			nodes = append(nodes, f[0])
		}
	}
	return nodes, good, nil
}
