package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"peerlab/services/internal/lines"
)

// maxListed bounds the files that are listed of one node: a list without an end
// would keep those of the other nodes from being shown.
const maxListed = 1_000_000

// listTime bounds how long a node that runs may take to begin an answer to LIST.
const listTime = 15 * time.Second

// List prints what every node offers: its address, the size and the name of each
// file. Nodes of which the list is missing, or not whole, are named in the log.
func (f *Fetch) List(ctx context.Context) error {
	nodes, _, err := f.directory.list(ctx)
	if err != nil {
		return err
	}
	whole := 0
	for _, addr := range nodes {
		shown, err := f.listNode(ctx, addr)
		switch {
		case ctx.Err() != nil:
			return errStopped
		case errors.Is(err, errLocal):
			return err
		case err == nil:
			whole++
		case shown == 0:
			f.Log.Warn("node "+addr+" does not send its list", "err", err)
		default:
			f.Log.Warn(fmt.Sprintf("the list of node %s is not complete: only its first %d files are shown", addr, shown), "err", err)
		}
	}
	if whole == 0 {
		return fmt.Errorf("none of %s has sent its whole list; try again", countOf(len(nodes), "node"))
	}
	return nil
}

// listNode prints the list of one node, page by page, and returns how many files
// that were.
func (f *Fetch) listNode(ctx context.Context, addr string) (shown int, err error) {
	c, err := f.Dial.node(ctx, addr)
	if err != nil {
		return 0, err
	}
	defer c.close()
	if _, err := c.ask("WHO", "NODE", 1); err != nil { // it runs: then it may take time to read its folder
		return 0, err
	}
	for request := "LIST"; ; {
		c.patience(listTime)
		n, last, err := f.listPage(c, addr, request)
		shown += n
		switch {
		case err != nil:
			return shown, err
		case n < maxFiles:
			return shown, nil
		case shown >= f.listed:
			return shown, refuse("full", "that many are the limit")
		}
		request = "LIST " + last
	}
}

// listPage prints one answer to LIST, and returns how many files it names and the
// name of the last.
func (f *Fetch) listPage(c *call, addr, request string) (shown int, last string, err error) {
	head, err := c.ask(request, "FILES", 1)
	if err != nil {
		return 0, "", err
	}
	count, err := number(head[0])
	if err != nil || count > maxFiles {
		return 0, "", refuse("syntax", "%s files are more than an answer has", lines.Quote([]byte(head[0])))
	}
	c.patience(bodyTime)
	for range count {
		got, err := c.hear("FILE", 3)
		if err != nil {
			return shown, last, err
		}
		size, err := number(got[0])
		if err != nil {
			return shown, last, err
		}
		last = got[2]
		if _, err := fmt.Fprintf(f.Out, "%s %12d %s\n", addr, size, lines.Escape(nil, []byte(last))); err != nil {
			return shown, last, local{fmt.Errorf("print the list: %w", err)}
		}
		shown++
	}
	return shown, last, nil
}
