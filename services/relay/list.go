package relay

import (
	"context"
	"errors"
	"fmt"

	"peerlab/services/internal/lines"
)

// List prints what every node offers: its address, the size and the name of
// each file. Nodes that do not answer are told to the log.
func (f *Fetch) List(ctx context.Context) error {
	nodes, _, err := f.directory.list(ctx)
	if err != nil {
		return err
	}
	answered := 0
	for _, addr := range nodes {
		err := f.listNode(ctx, addr)
		switch {
		case ctx.Err() != nil:
			return errStopped
		case errors.Is(err, errLocal):
			return err
		case err != nil:
			f.Log.Warn("node "+addr+" does not say what it has", "err", err)
		default:
			answered++
		}
	}
	if answered == 0 {
		return fmt.Errorf("none of %d nodes answers", len(nodes))
	}
	return nil
}

func (f *Fetch) listNode(ctx context.Context, addr string) error {
	c, err := f.Dial.node(ctx, addr)
	if err != nil {
		return err
	}
	defer c.close()
	head, err := c.ask("LIST", "FILES", 1)
	if err != nil {
		return err
	}
	count, err := number(head[0])
	if err != nil || count > maxFiles {
		return refuse("syntax", "%s files are more than any node lists", lines.Quote([]byte(head[0])))
	}
	c.patience(bodyTime)
	for range count {
		got, err := c.hear("FILE", 3)
		if err != nil {
			return err
		}
		size, err := number(got[0])
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(f.Out, "%s %12d %s\n", addr, size, lines.Escape(nil, []byte(got[2]))); err != nil {
			return local{fmt.Errorf("print the list: %w", err)}
		}
	}
	return nil
}
