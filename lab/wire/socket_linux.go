package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// The kernel's list of sockets: sock_diag(7).
const (
	diagByFamily = 20
	diagDestroy  = 21
	diagRequest  = 56 // bytes of struct inet_diag_req_v2
	diagInode    = 68 // where struct inet_diag_msg has it
	diagStates   = 0xffffffff
)

// sockets looks up, and destroys, the sockets of one network namespace.
type sockets struct{ conn *netlink.Conn }

// openSockets returns those of the network namespace of the calling thread.
func openSockets() (sockets, error) {
	conn, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	return sockets{conn}, err
}

// request is about the TCP socket with a local and a remote address, or else the one
// that listens at the local address.
func request(kind netlink.HeaderType, flags netlink.HeaderFlags, local, remote netip.AddrPort) netlink.Message {
	b := make([]byte, diagRequest)
	b[0], b[1] = unix.AF_INET, unix.IPPROTO_TCP
	if local.Addr().Is6() {
		b[0] = unix.AF_INET6
	}
	binary.NativeEndian.PutUint32(b[4:], diagStates)
	binary.BigEndian.PutUint16(b[8:], local.Port())
	binary.BigEndian.PutUint16(b[10:], remote.Port())
	copy(b[12:28], local.Addr().AsSlice())
	copy(b[28:44], remote.Addr().AsSlice())
	binary.NativeEndian.PutUint64(b[48:], ^uint64(0)) // no cookie
	return netlink.Message{Header: netlink.Header{Type: kind, Flags: netlink.Request | flags}, Data: b}
}

// inode returns the inode of a socket, or 0 if there is none.
func (s sockets) inode(local, remote netip.AddrPort) (uint32, error) {
	messages, err := s.conn.Execute(request(diagByFamily, 0, local, remote))
	switch {
	case errors.Is(err, unix.ENOENT):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("looking for the socket of %v: %w", local, err)
	}
	for _, m := range messages {
		if len(m.Data) >= diagInode+4 {
			return binary.NativeEndian.Uint32(m.Data[diagInode:]), nil
		}
	}
	return 0, nil
}

// destroy ends a connection at one of its sockets, and reports whether there was one. The
// other side is sent a reset.
func (s sockets) destroy(local, remote netip.AddrPort) (done bool, err error) {
	_, err = s.conn.Execute(request(diagDestroy, netlink.Acknowledge, local, remote))
	switch {
	case errors.Is(err, unix.ENOENT):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("resetting the connection from %v to %v: %w", local, remote, err)
	}
	return true, nil
}

func (s sockets) close() error { return s.conn.Close() }
