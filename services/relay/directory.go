package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"peerlab/services/internal/lines"
)

// directory is the list of nodes as the relay gave it, kept for as long as it
// said. It is for one goroutine at a time.
type directory struct {
	relay string
	nodes []string
	until time.Time
}

// errNowhere says that there is nobody to ask for any file.
var errNowhere = errors.New("nobody can be asked")

// nowhere is an error that is errNowhere, and says what is the matter.
type nowhere struct{ error }

func (nowhere) Is(target error) bool { return target == errNowhere }

// list returns the nodes, the oldest first, asking the relay if need be.
func (d *directory) list(ctx context.Context) ([]string, error) {
	if time.Now().Before(d.until) {
		return d.nodes, nil
	}
	nodes, good, err := d.ask(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, nowhere{fmt.Errorf("no relay at %s: %w; start it: relay PORT", d.relay, err)}
	case len(nodes) == 0:
		return nil, nowhere{fmt.Errorf("the relay at %s knows no node; start one: node -dir FOLDER RELAY_HOST RELAY_PORT", d.relay)}
	}
	d.nodes, d.until = nodes, time.Now().Add(good)
	return nodes, nil
}

// forget has the relay asked again.
func (d *directory) forget() { d.until = time.Time{} }

func (d *directory) ask(ctx context.Context) (nodes []string, good time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	c, err := dial(ctx, d.relay)
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
	seconds, err := number(f[1])
	if err != nil {
		return nil, 0, err
	}
	for range count {
		f, err := c.hear("NODE", 1)
		if err != nil {
			return nil, 0, err
		}
		if _, _, err := splitAddr(f[0]); err != nil {
			return nil, 0, err
		}
		nodes = append(nodes, f[0])
	}
	return nodes, min(time.Duration(seconds)*time.Second, lease), nil
}
