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
	smallFile = 64 << 10         // what is sent in one write with the lines around it
	sendPart  = 16 << 20         // what goes out between two looks at the clock
	stallTime = 30 * time.Second // in which a client takes stallPart of a transfer, or all that is left
	stallPart = 64 << 10
)

// pinned is the file that a connection has had a part of, or the digest of one:
// what it asks for later must be of the same version.
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

// take opens the file, or returns the one that is open.
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
		return refuse("syntax", "GET FROM COUNT HASH NAME is the form, not %s", lines.Quote([]byte("GET "+rest)))
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
		return refuse("differs", "%s has %d bytes", quoted(name), size)
	}
	count := min(size-from, most)
	switch {
	case hash == unknown && size > smallFile:
		n.digests.ahead(ctx, s.pin.file, s.pin.v)
	case hash == unknown && count < size:
		_, _ = n.digests.of(ctx, s.pin.file, s.pin.v) // transfer meets the error
	case hash != unknown:
		ours, err := n.digests.of(ctx, s.pin.file, s.pin.v)
		if err != nil {
			return n.failed(name, err)
		}
		if ours != hash {
			return refuse("differs", "%s is another version here", quoted(name))
		}
	}
	if count <= smallFile {
		return n.transferSmall(ctx, s, from, count)
	}
	return n.transfer(ctx, s, from, count)
}

// maxSend is more than the line before the bytes has.
const maxSend = 128

// transferSmall is transfer for few bytes, which one write sends with their lines.
// They are read first: if they are all of the file, they have its hash.
func (n *Node) transferSmall(ctx context.Context, s *session, from, count int64) error {
	file, v := s.pin.file, s.pin.v
	out := make([]byte, maxSend+count, maxSend+count+maxSend)
	body := out[maxSend:]
	switch k, err := file.ReadAt(body, from); {
	case int64(k) == count:
	case err == io.EOF:
		return n.failed(s.pin.name, errShrunk)
	default:
		return n.failed(s.pin.name, err) // nothing has been sent yet: this is the answer
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
		if err := s.write(out); err != nil { // the bytes do not wait for the hash
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

// transfer sends count bytes of the pinned file from the offset on, between
// their two lines.
func (n *Node) transfer(ctx context.Context, s *session, from, count int64) error {
	file, v := s.pin.file, s.pin.v
	if err := s.reply("SEND %d %s %d", v.size, n.digests.peek(v), count); err != nil {
		return err
	}
	if err := sendFile(s.conn, file, from, count); err != nil {
		return err // the count can't be kept, so the connection ends here, for all to see
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

var errShrunk = refuse("changed", "the file has shrunk")

// sendFile has the kernel send the bytes. net hands them to sendfile(2) because
// conn is a TCP connection, unwrapped, and the source a limited file.
func sendFile(conn net.Conn, file *os.File, from, count int64) error {
	for count > 0 {
		// Also after a part that went out in part: what was read may be more.
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
			return errors.New("the file has shrunk while it was sent")
		case errors.Is(err, os.ErrDeadlineExceeded) && k >= stallPart:
			continue // slow, but alive
		case err != nil:
			return err
		}
	}
	return nil
}
