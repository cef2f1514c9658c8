package wire

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// The network of the machine is shared with programs that are none of the lab's. No rule
// there applies to their packets, and none outlives this process: the kernel removes a table
// with the socket that owns it (NFT_TABLE_F_OWNER, Linux 5.12).

const (
	tableOwner = 2 // NFT_TABLE_F_OWNER
	tagMask    = 0xffff << 16
)

// makeShared makes the rules for TCP over IPv4 on the loopback interface from or to some
// ports. The connections may be older than the rules: of one that has no mark of this process
// the next packet from its opener is queued.
func (r *ruleset) makeShared(ports []uint16) (err error) {
	r.tag = (rand.Uint32() | 1<<31) & tagMask &^ (1 << 16)
	var socket *netlink.Conn
	keep := func(c *netlink.Conn) error { socket = c; return nil }
	if r.conn, err = nftables.New(nftables.AsLasting(), nftables.WithSockOptions(keep)); err != nil {
		return err
	}
	table := &nftables.Table{Name: tableName, Family: nftables.TableFamilyIPv4}
	if err := own(socket, table); err != nil {
		return err
	}
	all := r.chains(table)
	for i, do := range [][]expr.Any{toQueue(queueDials), saveMark()} {
		add(r.conn, all[i], offLoopback(), returns())
		add(r.conn, all[i], r.tagged(), returns())
		for _, port := range ports {
			for _, at := range []uint32{0, 2} { // where it comes from, and goes to
				add(r.conn, all[i], isPort(at, port), goes(original), do)
			}
		}
	}
	return r.conn.Flush()
}

// own makes a table that goes with the socket. AddTable of package nftables sets no flags.
func own(socket *netlink.Conn, table *nftables.Table) error {
	header := func(family byte, resource uint16) []byte {
		return binary.BigEndian.AppendUint16([]byte{family, 0}, resource)
	}
	attrs, err := netlink.MarshalAttributes([]netlink.Attribute{
		{Type: unix.NFTA_TABLE_NAME, Data: append([]byte(table.Name), 0)},
		{Type: unix.NFTA_TABLE_FLAGS, Data: binary.BigEndian.AppendUint32(nil, tableOwner)},
	})
	if err != nil {
		return err
	}
	edge := func(kind netlink.HeaderType) netlink.Message {
		return netlink.Message{Header: netlink.Header{Type: kind, Flags: netlink.Request}, Data: header(0, unix.NFNL_SUBSYS_NFTABLES)}
	}
	_, err = socket.SendMessages([]netlink.Message{
		edge(unix.NFNL_MSG_BATCH_BEGIN),
		{
			Header: netlink.Header{
				Type:  unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_NEWTABLE,
				Flags: netlink.Request | netlink.Acknowledge | netlink.Create | netlink.Excl,
			},
			Data: append(header(byte(table.Family), 0), attrs...),
		},
		edge(unix.NFNL_MSG_BATCH_END),
	})
	if err == nil {
		_, err = socket.Receive() // the answer to the one in the middle
	}
	return err
}

// offLoopback matches what is not for the loopback interface.
func offLoopback() []expr.Any {
	name := make([]byte, unix.IFNAMSIZ)
	copy(name, loopback)
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: 1},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: name},
	}
}

// tagged matches connections that this process has marked.
func (r *ruleset) tagged() []expr.Any {
	word := binaryutil.NativeEndian
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeyMARK, Register: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: word.PutUint32(tagMask), Xor: word.PutUint32(0)},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: word.PutUint32(r.tag | 1<<16)},
	}
}

func returns() []expr.Any { return []expr.Any{&expr.Verdict{Kind: expr.VerdictReturn}} }

// isPort matches packets of TCP with a port at a place in the header.
func isPort(at uint32, port uint16) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: at, Len: 2},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binary.BigEndian.AppendUint16(nil, port)},
	}
}
