package relay

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"
)

const (
	answerTime = time.Second     // for a node to connect and say its first line: what a dead one costs
	bodyTime   = 5 * time.Second // for bodyPart of a file, or a line that needs no computing
	bodyPart   = 4 << 10
	hashTime   = 60 * time.Second // for a node that has answered to hash a file
	manyAtOnce = 2 * segment      // what must be left for others to be asked to help
)

// work fetches from one node, a part at a time, until there is none left to take.
// It returns how long the last part took; 0: there was none. help, if it is not
// nil, is called once when others may help.
func (j *job) work(ctx context.Context, addr string, help func()) (last time.Duration, err error) {
	ours, err := j.beginning()
	if err != nil {
		return 0, local{err}
	}
	c, err := j.dial.node(ctx, addr)
	if err != nil {
		return 0, err
	}
	defer c.close()
	if err := j.agree(c, ours); err != nil {
		return 0, err
	}
	for {
		part, ok := j.next()
		if !ok {
			return last, nil
		}
		began := time.Now()
		rest, err := j.get(c, addr, part)
		if j.parts != nil {
			j.parts.giveBack(rest)
		}
		if err != nil {
			return last, err
		}
		last = max(time.Since(began), 1)
		if hash, _ := j.version(); help != nil && hash != unknown && j.parts.left() >= manyAtOnce {
			help()
			help = nil
		}
	}
}

// beginning is what a node must have of a file whose hash is not known: as many
// bytes as are here, with this hash.
type beginning struct {
	count int64
	sum   string
}

func (j *job) beginning() (b beginning, err error) {
	b.count = j.here
	if j.parts != nil {
		b.count = j.parts.frontier()
	}
	if hash, _ := j.version(); hash == unknown && b.count > 0 {
		b.sum, err = sumOf(j.store, span{0, b.count})
	}
	return b, err
}

// agree makes sure that the node's file is the one of which a part is here: by
// the hash of the whole, or if that is not known of the part. Either may have to
// be computed there, and no part of the file waits for that.
func (j *job) agree(c *call, ours beginning) error {
	hash, _ := j.version()
	if hash == unknown && ours.count == 0 {
		return nil
	}
	if _, err := c.ask("WHO", "NODE", 1); err != nil { // alive: then it may take its time
		return err
	}
	c.patience(hashTime)
	if hash != unknown {
		_, err := j.ask(c, span{}, hash)
		if err == nil {
			_, err = c.hear("END", 1)
		}
		return err
	}
	f, err := c.ask(fmt.Sprintf("DIGEST %d %s", ours.count, j.name), "DIGEST", 2)
	if err == nil && f[1] != ours.sum {
		err = refuse("differs", "it begins with other bytes there")
	}
	return err
}

// send is what a node answers to GET.
type send struct {
	size  int64
	hash  string
	count int64
}

// because is an error that is both kind and why, in one line.
func because(kind, why error) error { return fmt.Errorf("%w: %w", kind, why) }

// ask asks for a part of the version with that hash.
func (j *job) ask(c *call, part span, hash string) (s send, err error) {
	f, err := c.ask(fmt.Sprintf("GET %d %d %s %s", part.from, part.to-part.from, hash, j.name), "SEND", 3)
	if err != nil {
		return s, err
	}
	size, err1 := number(f[0])
	count, err2 := number(f[2])
	return send{size, f[1], count}, cmp.Or(err1, err2, checkHash(f[1]))
}

// get asks for a part of the file, stores it, and returns what of it has not come.
func (j *job) get(c *call, addr string, part span) (rest span, err error) {
	if c.said { // otherwise it has a second, from the dial on
		c.patience(bodyTime)
	}
	hash, _ := j.version()
	s, err := j.ask(c, part, hash)
	if err != nil {
		return part, err
	}
	first := j.parts == nil
	switch {
	case first && s.size < part.from:
		return part, refuse("differs", "it has %d bytes there", s.size)
	case first:
		part.to = min(part.to, s.size)
	default:
		if err := j.same(s.size, s.hash); err != nil {
			return part, err
		}
	}
	if s.count != part.to-part.from {
		return part, refuse("syntax", "it sends %d bytes where %d were asked for", s.count, part.to-part.from)
	}
	if first {
		if err := j.begin(addr, s.size, s.hash); err != nil {
			return part, err
		}
		part, _ = j.parts.take()
	}
	j.reads(addr, part.from)
	from := part.from
	part, err = j.body(c, part)
	j.gave(addr, span{from, part.from})
	if err != nil {
		return part, err
	}
	last := part.to == s.size
	if hash, _ := j.version(); last && hash == unknown {
		c.patience(hashTime)
	} else {
		c.patience(bodyTime)
	}
	end, err := c.hear("END", 1)
	switch {
	case c.broken && is(err, "syntax"):
		return part, because(errLied, err) // more bytes than it said
	case is(err, "changed"):
		return part, because(errSpoilt, err)
	case err == nil:
		err = checkHash(end[0])
	}
	if err != nil {
		return part, err
	}
	j.ended(end[0])
	if hash, _ := j.version(); last && hash == unknown {
		return part, refuse("syntax", "it does not say the hash of what it has sent")
	}
	return part, nil
}

// body stores the bytes of a part, and returns what of it has not come. The
// least that a node must bring in bodyTime keeps one that brings a byte now and
// then from holding up everything.
func (j *job) body(c *call, part span) (rest span, err error) {
	buf := j.verify.recent.buffer()
	defer func() { j.verify.recent.free(buf) }()
	for due := part.from; part.from < part.to; {
		if part.from >= due {
			due = part.from + bodyPart
			c.patience(bodyTime)
		}
		n, err := c.in.Read(buf[:min(int64(len(buf)), part.to-part.from)])
		if n > 0 {
			if _, err := j.store.WriteAt(buf[:n], part.from); err != nil {
				return part, local{err}
			}
			buf = j.verify.recent.keep(part.from, buf, n)
			j.parts.got(span{part.from, part.from + int64(n)})
			part.from += int64(n)
			j.tick(int64(n))
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
