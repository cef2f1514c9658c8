package wire

import (
	"encoding/binary"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
	"golang.org/x/sys/unix"
)

const (
	tableName = "peerlab"

	original     = 0 // the directions of a connection, as conntrack numbers them
	reply        = 1
	bypass       = 1 // a queue that no process reads lets packets pass
	nfqueueInfo  = 8 // bytes of struct xt_NFQ_info_v3
	nfqueueThird = 3 // its revision
)

// families are those that programs use.
var families = []nftables.TableFamily{nftables.TableFamilyIPv4, nftables.TableFamilyIPv6}

// ruleset is the rules of one network namespace. make must be called on a thread of that.
type ruleset struct {
	conn   *nftables.Conn
	tag    uint32            // of the marks of connections: see link.mark
	faults []*nftables.Chain // of each family
}

// chains of a table, in the order in which a packet passes them.
var chains = []string{"dials", "marks", "faults"}

// make makes the rules: packets that open a connection are queued, and the connection
// gets the mark that they come back with.
func (r *ruleset) make() (err error) {
	if r.conn, err = nftables.New(nftables.AsLasting()); err != nil {
		return err
	}
	for _, family := range families {
		all := r.chains(r.conn.AddTable(&nftables.Table{Name: tableName, Family: family}))
		add(r.conn, all[0], isDial(), connMark(0), toQueue(queueDials))
		add(r.conn, all[1], connMark(0), saveMark())
	}
	return r.conn.Flush()
}

// chains adds the chains to a table.
func (r *ruleset) chains(table *nftables.Table) (all []*nftables.Chain) {
	for i, name := range chains {
		all = append(all, r.conn.AddChain(&nftables.Chain{
			Name: name, Table: table, Type: nftables.ChainTypeFilter,
			Hooknum:  nftables.ChainHookOutput,
			Priority: nftables.ChainPriorityRef(*nftables.ChainPriorityMangle + nftables.ChainPriority(i)),
		}))
	}
	r.faults = append(r.faults, all[2])
	return all
}

// close removes the rules of a network that is shared.
func (r *ruleset) close() error { return r.conn.CloseLasting() }

// queue makes the kernel queue all packets of some links, and no others. No packet meets
// half of the change. The chains stay: when one goes, the kernel drops what is queued.
func (r *ruleset) queue(links []link) error {
	for _, chain := range r.faults {
		r.conn.FlushChain(chain)
		for _, l := range links {
			add(r.conn, chain, connMark(r.tag|l.mark()), goes(original), loadMark(), toQueue(queueOut))
			add(r.conn, chain, connMark(r.tag|l.reversed().mark()), goes(reply), loadMark(), toQueue(queueBack))
		}
	}
	return r.conn.Flush()
}

func add(conn *nftables.Conn, chain *nftables.Chain, parts ...[]expr.Any) {
	conn.AddRule(&nftables.Rule{Table: chain.Table, Chain: chain, Exprs: slices.Concat(parts...)})
}

// isDial matches packets of TCP with SYN and without ACK.
func isDial() []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: flagsAt, Len: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: []byte{syn | ack}, Xor: []byte{0}},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{syn}},
	}
}

func connMark(mark uint32) []expr.Any {
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeyMARK, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binaryutil.NativeEndian.PutUint32(mark)},
	}
}

func goes(direction byte) []expr.Any {
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeyDIRECTION, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{direction}},
	}
}

// saveMark gives the mark of a packet that has one to its connection.
func saveMark() []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyMARK, Register: 1},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: binaryutil.NativeEndian.PutUint32(0)},
		&expr.Ct{Key: expr.CtKeyMARK, Register: 1, SourceRegister: true},
	}
}

// loadMark gives the mark of the connection to the packet.
func loadMark() []expr.Any {
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeyMARK, Register: 1},
		&expr.Meta{Key: expr.MetaKeyMARK, Register: 1, SourceRegister: true},
	}
}

// toQueue queues a packet. nft's own queue statement is missing in many kernels; the
// target of iptables is there.
func toQueue(number uint16) []expr.Any {
	info := make(xt.Unknown, nfqueueInfo)
	binary.NativeEndian.PutUint16(info[0:], number)
	binary.NativeEndian.PutUint16(info[2:], 1)
	binary.NativeEndian.PutUint16(info[4:], bypass)
	return []expr.Any{&expr.Target{Name: "NFQUEUE", Rev: nfqueueThird, Info: &info}}
}
