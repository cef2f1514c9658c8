package relay

import (
	"context"
	"os"

	"peerlab/services/internal/lines"
)

// findPresent sets present if the folder already contains the file in the version of
// the first node that has it. It hashes the file only if the sizes are equal.
func (j *job) findPresent(ctx context.Context, root *os.Root, nodes []string) error {
	file, err := openOwn(root, j.name, os.O_RDONLY)
	if err != nil {
		return nil // there is none, or it is unreadable but may be replaceable; resume has rejected anything but a regular file
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil
	}
	for _, addr := range nodes {
		s, err := j.has(ctx, addr, unknown)
		var sum string
		if err == nil && s.size == info.Size() {
			if sum, err = hashPrefix(ctx, file, s.size); err != nil {
				return nil // a read failed, or the file changed
			}
			s, err = j.has(ctx, addr, sum)
		}
		switch {
		case ctx.Err() != nil:
			return errStopped
		case lines.IsRefusal(err, "notfound"):
			j.bad[addr] = true
		case lines.IsRefusal(err, "differs"), err == nil && sum == "":
			return nil
		case err != nil:
			j.down[addr] = true
		default:
			j.present, j.from, j.size, j.hash = true, addr, s.size, sum
			return nil
		}
	}
	return nil
}

// has asks a node whether it has the file in the version with that hash.
func (j *job) has(ctx context.Context, addr, hash string) (s send, err error) {
	c, err := j.dial.node(ctx, addr)
	if err != nil {
		return s, err
	}
	defer c.close()
	if hash != unknown {
		if _, err := c.ask("WHO", "NODE", 1); err != nil { // the node runs; hashing the file may take time
			return s, err
		}
		c.setReadTimeout(hashTime)
	}
	s, err = j.ask(c, span{}, hash)
	if err == nil {
		_, err = c.receive("END", 1)
	}
	return s, err
}
