package relay

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"peerlab/services/internal/lines"
)

const (
	answerTime = time.Second     // for a node to connect and send its first line; the cost of a dead node
	bodyTime   = 5 * time.Second // for bodyPart of a file, or a line that needs no hashing
	bodyPart   = 4 << 10
	hashTime   = 60 * time.Second // for a node that runs to hash a file
	manyAtOnce = 2 * segment      // unassigned bytes for which helpers are worth starting
)

// fetchParts fetches parts from one node until none is unassigned. It returns the time
// that the last part took, or 0 if there was none. If help is not nil, it is called
// once, when enough remains for helpers.
func (j *job) fetchParts(ctx context.Context, addr string, help func()) (last time.Duration, err error) {
	own, err := j.prefix()
	if err != nil {
		return 0, localError{err}
	}
	c, err := j.dial.node(ctx, addr)
	if err != nil {
		return 0, err
	}
	defer c.close()
	if err := j.checkPrefix(c, own); err != nil {
		return 0, err
	}
	for {
		part, ok := j.next()
		if !ok {
			return last, nil
		}
		began := time.Now()
		rest, err := j.fetchPart(c, addr, part)
		if j.parts != nil {
			j.parts.putBack(rest)
		}
		if err != nil {
			return last, err
		}
		last = max(time.Since(began), 1)
		if hash, _ := j.version(); help != nil && hash != unknown && j.parts.unassigned() >= manyAtOnce {
			help()
			help = nil
		}
	}
}

// prefix is the number and hash of the bytes received so far, with which a node's file
// must begin if the hash of the whole is not known.
type prefix struct {
	count int64
	sum   string
}

func (j *job) prefix() (p prefix, err error) {
	p.count = j.here
	if j.parts != nil {
		p.count = j.parts.frontier()
	}
	if hash, _ := j.version(); hash == unknown && p.count > 0 {
		p.sum, err = sumOf(j.store, span{0, p.count})
	}
	return p, err
}

// checkPrefix checks that the node's file is of the version whose first bytes are in
// the store, by the hash of the whole file or, if that is not known, of these bytes.
// The node may have to compute either, so no part is assigned to it meanwhile.
func (j *job) checkPrefix(c *call, own prefix) error {
	hash, _ := j.version()
	if hash == unknown && own.count == 0 {
		return nil
	}
	if _, err := c.ask("WHO", "NODE", 1); err != nil { // the node runs; hashing may take time
		return err
	}
	c.setReadTimeout(hashTime)
	if hash != unknown {
		_, err := j.ask(c, span{}, hash)
		if err == nil {
			_, err = c.receive("END", 1)
		}
		return err
	}
	f, err := c.ask(fmt.Sprintf("DIGEST %d %s", own.count, j.name), "DIGEST", 2)
	if err == nil && f[1] != own.sum {
		err = lines.Refuse("differs", "its file begins with different bytes")
	}
	return err
}

// send holds the fields of a SEND line.
type send struct {
	size  int64
	hash  string
	count int64
}

// because returns an error that wraps both kind and why.
func because(kind, why error) error { return fmt.Errorf("%w: %w", kind, why) }

// ask requests a part of the version with that hash.
func (j *job) ask(c *call, part span, hash string) (s send, err error) {
	f, err := c.ask(fmt.Sprintf("GET %d %d %s %s", part.from, part.to-part.from, hash, j.name), "SEND", 3)
	if err != nil {
		return s, err
	}
	size, err1 := number(f[0])
	count, err2 := number(f[2])
	return send{size, f[1], count}, cmp.Or(err1, err2, checkHash(f[1]))
}

// fetchPart requests a part of the file and stores it. It returns the rest of the part
// that was not received.
func (j *job) fetchPart(c *call, addr string, part span) (rest span, err error) {
	if c.greeted { // otherwise answerTime from the dial applies
		c.setReadTimeout(bodyTime)
	}
	hash, _ := j.version()
	s, err := j.ask(c, part, hash)
	if err != nil {
		return part, err
	}
	first := j.parts == nil
	switch {
	case first && s.size < part.from:
		return part, lines.Refuse("differs", "its file has %d bytes", s.size)
	case first:
		part.to = min(part.to, s.size)
	default:
		if err := j.checkVersion(s.size, s.hash); err != nil {
			return part, err
		}
	}
	if s.count != part.to-part.from {
		return part, lines.Refuse("syntax", "it sends %d bytes instead of %d", s.count, part.to-part.from)
	}
	if first {
		if err := j.begin(addr, s.size, s.hash); err != nil {
			return part, err
		}
		part, _ = j.parts.take()
	}
	j.logReading(addr, part.from)
	from := part.from
	part, err = j.readPart(c, part)
	j.addContribution(addr, span{from, part.from})
	if err != nil {
		return part, err
	}
	last := part.to == s.size
	if hash, _ := j.version(); last && hash == unknown {
		c.setReadTimeout(hashTime)
	} else {
		c.setReadTimeout(bodyTime)
	}
	end, err := c.receive("END", 1)
	switch {
	case c.broken && lines.IsRefusal(err, "syntax"):
		return part, because(errMismatch, err) // more bytes than announced
	case lines.IsRefusal(err, "changed"):
		return part, because(errChanged, err)
	case err == nil:
		err = checkHash(end[0])
	}
	if err != nil {
		return part, err
	}
	j.learnHash(end[0])
	if hash, _ := j.version(); last && hash == unknown {
		return part, lines.Refuse("syntax", "END has no hash")
	}
	return part, nil
}

// readPart reads and stores the bytes of a part, and returns the rest that was not
// received. A node must send at least bodyPart in each bodyTime, so that one that
// trickles single bytes cannot block the fetch.
func (j *job) readPart(c *call, part span) (rest span, err error) {
	buf := j.verify.recent.buffer()
	defer func() { j.verify.recent.free(buf) }()
	for due := part.from; part.from < part.to; {
		if part.from >= due {
			due = part.from + bodyPart
			c.setReadTimeout(bodyTime)
		}
		n, err := c.in.Read(buf[:min(int64(len(buf)), part.to-part.from)])
		if n > 0 {
			if _, err := j.store.WriteAt(buf[:n], part.from); err != nil {
				return part, localError{err}
			}
			buf = j.verify.recent.keep(part.from, buf, n)
			j.parts.got(span{part.from, part.from + int64(n)})
			part.from += int64(n)
			j.addProgress(int64(n))
		}
		if err != nil && part.from < part.to {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			c.broken = true
			return part, err
		}
	}
	return part, nil
}
