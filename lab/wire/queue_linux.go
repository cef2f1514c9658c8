package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// The kernel's queue of packets: nfnetlink_queue(7) in its own words, as
// linux/netfilter/nfnetlink_queue.h has them.
const (
	subsystem = unix.NFNL_SUBSYS_QUEUE << 8

	msgPacket  = subsystem
	msgVerdict = subsystem | 1
	msgConfig  = subsystem | 2

	configCommand = 1
	configParams  = 2
	configLength  = 3

	attrPacketHeader  = 1
	attrVerdictHeader = 2
	attrMark          = 3
	attrPayload       = 10

	commandBind = 1
	copyPacket  = 2

	verdictDrop   = 0
	verdictAccept = 1

	queueLength = 1 << 15  // packets; the kernel drops what does not fit
	queueMemory = 16 << 20 // bytes of the socket's buffer, likewise
	queueCopy   = 0xffff   // bytes of a packet that come
	headerSize  = 4        // struct nfgenmsg
	familyIPv4  = unix.AF_INET
)

// queue is one of the kernel's queues.
type queue struct {
	number  uint16
	conn    *netlink.Conn
	closing sync.Once
}

// openQueue binds a queue in the network namespace of the calling thread.
func openQueue(number uint16) (*queue, error) {
	conn, err := netlink.Dial(unix.NETLINK_NETFILTER, nil)
	if err != nil {
		return nil, err
	}
	q := &queue{number: number, conn: conn}
	_ = conn.SetReadBuffer(queueMemory)           // as much as there may be
	_ = conn.SetOption(netlink.NoENOBUFS, true)   // a full buffer is no error: packets are lost then
	bind := []byte{commandBind, 0, 0, familyIPv4} // the family is not looked at any more
	params := append(binary.BigEndian.AppendUint32(nil, queueCopy), copyPacket)
	for _, attrs := range [][]netlink.Attribute{
		{{Type: configCommand, Data: bind}},
		{
			{Type: configParams, Data: params},
			{Type: configLength, Data: binary.BigEndian.AppendUint32(nil, queueLength)},
		},
	} {
		m := q.message(msgConfig, attrs)
		m.Header.Flags |= netlink.Acknowledge
		if _, err := conn.Execute(m); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return q, nil
}

func (q *queue) message(kind netlink.HeaderType, attrs []netlink.Attribute) netlink.Message {
	data, err := netlink.MarshalAttributes(attrs)
	if err != nil {
		panic(err) // the attributes are our own, and short
	}
	header := []byte{familyIPv4, 0, byte(q.number >> 8), byte(q.number)}
	return netlink.Message{
		Header: netlink.Header{Type: kind, Flags: netlink.Request},
		Data:   append(header, data...),
	}
}

// receive waits for packets. After close it returns os.ErrClosed.
func (q *queue) receive() ([]packet, error) {
	messages, err := q.conn.Receive()
	switch {
	case errors.Is(err, os.ErrClosed), errors.Is(err, unix.EBADF):
		return nil, os.ErrClosed
	case errors.Is(err, unix.ENOENT): // a packet was decided about that is gone
		return nil, nil
	case err != nil:
		return nil, err
	}
	var all []packet
	for _, m := range messages {
		if m.Header.Type != msgPacket || len(m.Data) < headerSize {
			continue
		}
		p := packet{queue: q.number}
		attrs, err := netlink.NewAttributeDecoder(m.Data[headerSize:])
		if err != nil {
			return nil, fmt.Errorf("a packet of the kernel's queue: %w", err)
		}
		attrs.ByteOrder = binary.BigEndian
		for attrs.Next() {
			switch attrs.Type() {
			case attrPacketHeader:
				if b := attrs.Bytes(); len(b) >= 4 {
					p.id = binary.BigEndian.Uint32(b)
				}
			case attrMark:
				p.mark = attrs.Uint32()
			case attrPayload:
				p.payload = attrs.Bytes()
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// decide tells the kernel what becomes of a packet. With mark not 0 the packet, and so
// its connection, is marked.
func (q *queue) decide(id uint32, accept bool, mark uint32) error {
	what := uint32(verdictDrop)
	if accept {
		what = verdictAccept
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, what), id)
	attrs := []netlink.Attribute{{Type: attrVerdictHeader, Data: header}}
	if mark != 0 {
		attrs = append(attrs, netlink.Attribute{Type: attrMark, Data: binary.BigEndian.AppendUint32(nil, mark)})
	}
	_, err := q.conn.Send(q.message(msgVerdict, attrs))
	return err
}

// close closes the queue. A second call does nothing.
func (q *queue) close() (err error) {
	q.closing.Do(func() { err = q.conn.Close() })
	return err
}
