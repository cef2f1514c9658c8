package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"peerlab/services/internal/lines"
)

// directory is the list of nodes as the relay gave it, kept for as long as it
// said. It is for one goroutine at a time.
type directory struct {
	dial  Dialer
	relay string
	nodes []string
	until time.Time
}

// errNowhere says that there is nobody to ask for any file.
var errNowhere = errors.New("nobody can be asked")

// nowhere is an error that is errNowhere, and says what is the matter.
type nowhere struct{ error }

func (nowhere) Is(target error) bool { return target == errNowhere }

// list returns the nodes, the oldest first, and whether it has asked the relay
// for that.
func (d *directory) list(ctx context.Context) (nodes []string, fresh bool, err error) {
	if time.Now().Before(d.until) {
		return d.nodes, false, nil
	}
	nodes, good, err := d.ask(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, false, errStopped
	case err != nil:
		return nil, false, nowhere{fmt.Errorf("no relay at %s: %w; start it: relay PORT", d.relay, err)}
	case len(nodes) == 0:
		return nil, false, nowhere{fmt.Errorf("the relay at %s knows no node; start one: node -dir FOLDER RELAY_HOST RELAY_PORT", d.relay)}
	}
	d.nodes, d.until = nodes, time.Now().Add(good)
	return nodes, true, nil
}

// last puts nodes behind all others, for as long as the list is good.
func (d *directory) last(nodes map[string]bool) {
	first := slices.DeleteFunc(slices.Clone(d.nodes), func(addr string) bool { return nodes[addr] })
	rest := slices.DeleteFunc(slices.Clone(d.nodes), func(addr string) bool { return !nodes[addr] })
	d.nodes = append(first, rest...)
}

// forget has the relay asked again.
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
		return nil, 0, refuse("syntax", "%s nodes are more than any relay lists", lines.Quote([]byte(f[0])))
	}
	good, err = leaseOf(f[1])
	if err != nil {
		return nil, 0, err
	}
	for range count {
		f, err := c.hear("NODE", 1)
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
