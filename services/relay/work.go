package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

const (
	answerTime  = time.Second      // for a node to connect and say its first line: what a dead one costs
	bodyTime    = 5 * time.Second  // without a byte, in the middle of a file
	hashTime    = 60 * time.Second // for a node that has answered to hash a file
	readBuffer  = 256 << 10
	manyAtOnce  = 2 * segment // what must be left for others to be asked to help
	deadlineAge = time.Second
)

// work fetches from one node, a segment at a time, until there is none left to
// fetch. A helper works on a file that is known already. help is called once
// when others may help.
func (j *job) work(ctx context.Context, addr string, helper bool, help func()) error {
	c, err := dialNode(ctx, addr)
	if err != nil {
		return err
	}
	defer c.close()
	if err := j.agree(c); err != nil {
		return err
	}
	buf := make([]byte, readBuffer)
	for first := true; ; first = false {
		part, ok := span{j.here, j.here + segment}, true
		if j.parts != nil {
			part, ok = j.parts.take()
		}
		if !ok && (helper || !first || j.parts.frontier() > 0) {
			return nil
		}
		if !ok {
			part = span{} // an empty file: it is asked for all the same, for its hash
		}
		rest, err := j.get(c, addr, part, buf)
		if j.parts != nil {
			j.parts.giveBack(rest)
		}
		if err != nil {
			return err
		}
		if hash, _ := j.version(); help != nil && hash != unknown && j.parts.left() >= manyAtOnce {
			help()
			help = nil
		}
	}
}

// dialNode calls a node. It has a second to take the call and say something.
func dialNode(ctx context.Context, addr string) (*call, error) {
	dctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	c, err := dial(dctx, addr)
	if err != nil {
		return nil, err
	}
	c.stop()
	c.stop = context.AfterFunc(ctx, func() { c.conn.Close() })
	return c, c.conn.SetReadDeadline(time.Now().Add(answerTime))
}

// agree makes sure that the node's file is the one of which a part is here. If
// the hash of the whole is known, GET asks for that; if not, the hash of the
// part must be the same there.
func (j *job) agree(c *call) error {
	here := j.here
	if j.parts != nil {
		here = j.parts.frontier()
	}
	hash, _ := j.version()
	if hash == unknown && here == 0 {
		return nil
	}
	if _, err := c.ask("WHO", "NODE", 1); err != nil { // alive: then it may take its time
		return err
	}
	if err := c.conn.SetReadDeadline(time.Now().Add(hashTime)); err != nil || hash != unknown {
		return err
	}
	f, err := c.ask("DIGEST "+strconv.FormatInt(here, 10)+" "+j.name, "DIGEST", 2)
	if err != nil {
		return err
	}
	ours, err := prefixHash(j.store, here)
	if err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	if f[1] != ours {
		return refuse("differs", "it begins with other bytes there")
	}
	return nil
}

// get asks for a part of the file, takes it in, and returns what of it has not
// come.
func (j *job) get(c *call, addr string, part span, buf []byte) (rest span, err error) {
	hash, _ := j.version()
	f, err := c.ask(fmt.Sprintf("GET %d %d %s %s", part.from, part.to-part.from, hash, j.name), "SEND", 3)
	if err != nil {
		return part, err
	}
	size, err1 := number(f[0])
	count, err2 := number(f[2])
	if err := errors.Join(err1, err2, checkHash(f[1])); err != nil {
		return part, err
	}
	if j.parts == nil {
		if count != min(segment, max(size-part.from, 0)) {
			return part, refuse("syntax", "it sends %d bytes of %d from %d", count, size, part.from)
		}
		if err := j.begin(addr, size, f[1]); err != nil {
			return part, err
		}
		part, _ = j.parts.take()
	} else if err := j.begin(addr, size, f[1]); err != nil {
		return part, err
	}
	if count != part.to-part.from {
		return part, refuse("syntax", "it sends %d bytes where %d were asked for", count, part.to-part.from)
	}
	if rest, err = j.body(c, addr, part, buf); err != nil {
		return rest, err
	}
	if err := c.conn.SetReadDeadline(time.Now().Add(hashTime)); err != nil {
		return rest, err
	}
	end, err := c.hear("END", 1)
	if is(err, "syntax") {
		return rest, errors.Join(errLied, err) // more bytes than it said
	}
	if err != nil {
		return rest, err
	}
	if err := checkHash(end[0]); err != nil {
		return rest, err
	}
	j.ended(end[0])
	return rest, nil
}

// body takes in the bytes of a part, and returns what of it has not come.
func (j *job) body(c *call, addr string, part span, buf []byte) (rest span, err error) {
	if part.from < part.to {
		j.gave(addr)
	}
	var renewed time.Time
	for part.from < part.to {
		if now := time.Now(); now.Sub(renewed) > deadlineAge {
			if err := c.conn.SetReadDeadline(now.Add(bodyTime)); err != nil {
				return part, err
			}
			renewed = now
		}
		n, err := c.in.Read(buf[:min(int64(len(buf)), part.to-part.from)])
		if n > 0 {
			if _, err := j.store.WriteAt(buf[:n], part.from); err != nil {
				return part, fmt.Errorf("%w: %w", errLocal, err)
			}
			j.parts.got(span{part.from, part.from + int64(n)})
			part.from += int64(n)
			if j.tick != nil {
				j.tick(n)
			}
		}
		if err == io.EOF && part.from < part.to {
			return part, io.ErrUnexpectedEOF
		}
		if err != nil && err != io.EOF {
			return part, err
		}
	}
	return part, nil
}
