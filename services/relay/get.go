package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"peerlab/services/internal/lines"
)

// stallTime is how long a client may take no byte of a transfer.
const stallTime = 30 * time.Second

// pinned is the file that a connection has had a part of: what it asks for
// later must be of the same version.
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
func (p *pinned) take(f *folder, name string) error {
	if p.file != nil && p.name == name {
		return unchanged(p.file, p.v)
	}
	file, v, err := f.open(name)
	if err != nil {
		return err
	}
	p.drop()
	p.name, p.v, p.file = name, v, file
	return nil
}

// get answers GET.
func (n *Node) get(ctx context.Context, s *session, pin *pinned, rest string) error {
	f := strings.SplitN(rest, " ", 4)
	if len(f) != 4 {
		return refuse("syntax", "GET FROM COUNT HASH NAME is the form, not %s", quoteRequest("GET", rest))
	}
	from, err := number(f[0])
	if err != nil {
		return err
	}
	if err := checkHash(f[2]); err != nil {
		return err
	}
	if err := pin.take(n.folder, f[3]); err != nil {
		return err
	}
	if from > pin.v.size {
		return refuse("differs", "%s has %d bytes", lines.Quote([]byte(f[3])), pin.v.size)
	}
	count := pin.v.size - from
	if f[1] != unknown {
		most, err := number(f[1])
		if err != nil {
			return err
		}
		count = min(count, most)
	}
	d := n.digests.of(ctx, pin.file, pin.v)
	if f[2] != unknown {
		hash, err := d.wait(ctx)
		if err != nil {
			return n.failed(f[3], err)
		}
		if hash != f[2] {
			return refuse("differs", "%s is another version here", lines.Quote([]byte(f[3])))
		}
	}
	return n.transfer(ctx, s, pin, d, from, count)
}

// smallFile is what is sent in one write with the lines around it.
const smallFile = 64 << 10

// transfer sends count bytes from the offset on, between their two lines.
func (n *Node) transfer(ctx context.Context, s *session, pin *pinned, d *digest, from, count int64) error {
	head := fmt.Appendf(nil, "SEND %d %s %d\n", pin.v.size, d.now(), count)
	var err error
	if count <= smallFile {
		head, err = readOnto(head, pin.file, from, count)
	} else {
		if err = s.write(head); err == nil {
			err = sendFile(s.conn, pin.file, from, count)
		}
		head = head[:0]
	}
	switch {
	case errors.Is(err, errShort):
		return errShort // the count can't be kept, so the connection ends here, for all to see
	case err != nil:
		return err
	}
	if err := unchanged(pin.file, pin.v); err != nil {
		return errors.Join(s.write(head), err)
	}
	hash := d.now()
	if from+count == pin.v.size && hash == unknown {
		if hash, err = d.wait(ctx); err != nil {
			return n.failed(pin.name, err)
		}
	}
	return s.write(fmt.Appendf(head, "END %s\n", hash))
}

// errShort says that a file has become shorter while it was sent.
var errShort = errors.New("the file has shrunk while it was sent")

func readOnto(buf []byte, file *os.File, from, count int64) ([]byte, error) {
	start := len(buf)
	buf = append(buf, make([]byte, count)...)
	if k, err := file.ReadAt(buf[start:], from); int64(k) < count {
		return nil, errors.Join(errShort, err)
	}
	return buf, nil
}

// sendPart is what goes out between two looks at the clock.
const sendPart = 16 << 20

// sendFile has the kernel send the bytes. net hands them to sendfile(2) because
// conn is a TCP connection, unwrapped, and the source a limited file.
func sendFile(conn net.Conn, file *os.File, from, count int64) error {
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return err
	}
	for count > 0 {
		if err := conn.SetWriteDeadline(time.Now().Add(stallTime)); err != nil {
			return err
		}
		part := min(count, sendPart)
		k, err := io.Copy(conn, io.LimitReader(file, part))
		if err != nil {
			return err
		}
		if k < part {
			return errShort
		}
		count -= k
	}
	return nil
}
