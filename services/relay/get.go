package relay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"strings"
	"time"

	"peerlab/services/internal/lines"
)

const (
	smallFile = 64 << 10         // largest part that is sent in one write, with its two lines
	sendPart  = 16 << 20         // bytes sent between two settings of the write deadline
	stallTime = 30 * time.Second // within which a client must read stallPart of a transfer, or the rest
	stallPart = 64 << 10
)

// pinned is the file of a connection's last GET or DIGEST. Later requests for that
// file are answered from the same version.
type pinned struct {
	name string
	v    version
	file *os.File
}

func (p *pinned) drop() {
	if p.file != nil {
		p.file.Close()
		p.file = nil
	}
}

// take opens the file, unless it is the one that is open, which must be unchanged.
func (p *pinned) take(open func(name string) (*os.File, version, error), name string) error {
	if p.file != nil && p.name == name {
		return unchanged(p.file, p.v)
	}
	file, v, err := open(name)
	if err != nil {
		return err
	}
	p.drop()
	p.name, p.v, p.file = name, v, file
	return nil
}

// get answers GET.
func (n *Node) get(ctx context.Context, s *session, rest string) error {
	f := strings.SplitN(rest, " ", 4)
	if len(f) != 4 {
		return lines.Refuse("syntax", "expected GET FROM COUNT HASH NAME, received %s", lines.Quote([]byte("GET "+rest)))
	}
	from, err := number(f[0])
	if err != nil {
		return err
	}
	most := int64(math.MaxInt64)
	if f[1] != unknown {
		if most, err = number(f[1]); err != nil {
			return err
		}
	}
	hash, name := f[2], f[3]
	if err := checkHash(hash); err != nil {
		return err
	}
	if err := s.pin.take(n.open, name); err != nil {
		return err
	}
	size := s.pin.v.size
	if from > size {
		return lines.Refuse("differs", "%s has %d bytes", quoted(name), size)
	}
	count := min(size-from, most)
	switch {
	case hash == unknown && size > smallFile:
		n.digests.ahead(ctx, s.pin.file, s.pin.v)
	case hash == unknown && count < size:
		_, _ = n.digests.of(ctx, s.pin.file, s.pin.v) // transfer reports the error
	case hash != unknown:
		own, err := n.digests.of(ctx, s.pin.file, s.pin.v)
		if err != nil {
			return n.failed(name, err)
		}
		if own != hash {
			return lines.Refuse("differs", "this node has another version of %s", quoted(name))
		}
	}
	if count <= smallFile {
		return n.transferSmall(ctx, s, from, count)
	}
	return n.transfer(ctx, s, from, count)
}

// maxSend bounds the length of a SEND or END line.
const maxSend = 128

// transferSmall is transfer for up to smallFile bytes: it sends them and both lines
// in one write. It reads the bytes first, and if they are the whole file, hashes them.
func (n *Node) transferSmall(ctx context.Context, s *session, from, count int64) error {
	file, v := s.pin.file, s.pin.v
	out := make([]byte, maxSend+count, maxSend+count+maxSend)
	body := out[maxSend:]
	switch k, err := file.ReadAt(body, from); {
	case int64(k) == count:
	case err == io.EOF:
		return n.failed(s.pin.name, errShrunk)
	default:
		return n.failed(s.pin.name, err) // nothing has been sent yet, so the error is the answer
	}
	if err := unchanged(file, v); err != nil {
		return n.failed(s.pin.name, err)
	}
	hash := n.digests.peek(v)
	if hash == unknown && count == v.size {
		sum := sha256.Sum256(body)
		hash = hex.EncodeToString(sum[:])
		n.digests.learn(v, hash)
	}
	var first [maxSend]byte
	send := fmt.Appendf(first[:0], "SEND %d %s %d\n", v.size, hash, count)
	begin := maxSend - len(send)
	copy(out[begin:], send)
	out = out[begin:]
	if hash == unknown && from+count == v.size {
		if err := s.write(out); err != nil { // sends the bytes before the hash is known
			return err
		}
		out = out[:0]
		var err error
		if hash, err = n.digests.of(ctx, file, v); err != nil {
			return n.failed(s.pin.name, err)
		}
	}
	return s.write(fmt.Appendf(out, "END %s\n", hash))
}

// transfer sends count bytes of the pinned file, from the given offset, between a
// SEND and an END line.
func (n *Node) transfer(ctx context.Context, s *session, from, count int64) error {
	file, v := s.pin.file, s.pin.v
	if err := s.reply("SEND %d %s %d", v.size, n.digests.peek(v), count); err != nil {
		return err
	}
	if err := sendFile(s.conn, file, from, count); err != nil {
		return err // fewer bytes than announced: the connection must be closed
	}
	if err := unchanged(file, v); err != nil {
		return n.failed(s.pin.name, err)
	}
	hash := n.digests.peek(v)
	if from+count == v.size && hash == unknown {
		var err error
		if hash, err = n.digests.of(ctx, file, v); err != nil {
			return n.failed(s.pin.name, err)
		}
	}
	return s.reply("END %s", hash)
}

var errShrunk = lines.Refuse("changed", "the file shrank")

// sendFile sends a part of the file by sendfile(2), which package net uses if conn is
// an unwrapped TCP connection and the source is a limited file.
func sendFile(conn net.Conn, file *os.File, from, count int64) error {
	for count > 0 {
		// After a partial send the file offset may be ahead of the bytes sent.
		if _, err := file.Seek(from, io.SeekStart); err != nil {
			return err
		}
		if err := conn.SetWriteDeadline(time.Now().Add(stallTime)); err != nil {
			return err
		}
		part := min(count, sendPart)
		k, err := io.Copy(conn, io.LimitReader(file, part))
		from, count = from+k, count-k
		switch {
		case err == nil && k < part:
			return errors.New("the file shrank while it was sent")
		case errors.Is(err, os.ErrDeadlineExceeded) && k >= stallPart:
			continue // slow, but reading
		case err != nil:
			return err
		}
	}
	return nil
}
