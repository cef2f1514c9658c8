package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"peerlab/services/internal/lines"
)

// maxListed bounds the files listed of one node, so that an endless list does not block
// those of the other nodes.
const maxListed = 1_000_000

// listTime bounds the time from LIST to the first line of the answer.
const listTime = 15 * time.Second

// List prints the files of every node: the node's address, the size and the name. It
// logs the nodes whose lists are missing or incomplete.
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
			f.Log.Warn("node "+addr+" did not send its list", "err", err)
		default:
			f.Log.Warn(fmt.Sprintf("the list of node %s is not complete: only its first %d files are shown", addr, shown), "err", err)
		}
	}
	if whole == 0 {
		return fmt.Errorf("no complete list from any of %s; try again", countOf(len(nodes), "node"))
	}
	return nil
}

// listNode prints the list of one node, page by page, and returns the number of files.
func (f *Fetch) listNode(ctx context.Context, addr string) (shown int, err error) {
	c, err := f.Dial.node(ctx, addr)
	if err != nil {
		return 0, err
	}
	defer c.close()
	if _, err := c.ask("WHO", "NODE", 1); err != nil { // the node runs; reading its folder may take time
		return 0, err
	}
	for after := ""; ; {
		c.setReadTimeout(listTime)
		n, last, err := f.listPage(c, addr, after)
		shown += n
		switch {
		case err != nil:
			return shown, err
		case n < maxFiles:
			return shown, nil
		case compareNames(last, after) <= 0: // the next answer would have the same files again
			return shown, lines.Refuse("syntax", "the list after %s ends at %s", quoted(after), quoted(last))
		case shown >= f.listed:
			return shown, lines.Refuse("full", "the list exceeds %d files", f.listed)
		}
		after = last
	}
}

// listPage prints one answer to LIST, and returns the number of its files and the name
// of the last.
func (f *Fetch) listPage(c *call, addr, after string) (shown int, last string, err error) {
	request := "LIST"
	last = after
	if after != "" {
		request += " " + after
	}
	head, err := c.ask(request, "FILES", 1)
	if err != nil {
		return 0, "", err
	}
	count, err := number(head[0])
	if err != nil || count > maxFiles {
		return 0, "", lines.Refuse("syntax", "%s exceeds the limit of files in an answer", lines.Quote([]byte(head[0])))
	}
	c.setReadTimeout(bodyTime)
	for range count {
		got, err := c.receive("FILE", 3)
		if err != nil {
			return shown, last, err
		}
		size, err := number(got[0])
		if err != nil {
			return shown, last, err
		}
		last = got[2]
		if _, err := fmt.Fprintf(f.Out, "%s %12d %s\n", addr, size, lines.Escape(nil, []byte(last))); err != nil {
			return shown, last, localError{fmt.Errorf("print the list: %w", err)}
		}
		shown++
	}
	return shown, last, nil
}
