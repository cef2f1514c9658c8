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
	diagState    = 1  // where struct inet_diag_msg has it
	diagInode    = 68 // likewise
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
	inode, _, err := s.find(local, remote)
	return inode, err
}

// find returns the inode of a socket, and its state; 0 if there is none.
func (s sockets) find(local, remote netip.AddrPort) (inode uint32, state byte, err error) {
	messages, err := s.conn.Execute(request(diagByFamily, 0, local, remote))
	switch {
	case errors.Is(err, unix.ENOENT):
		return 0, 0, nil
	case err != nil:
		return 0, 0, fmt.Errorf("looking for the socket of %v: %w", local, err)
	}
	for _, m := range messages {
		if len(m.Data) >= diagInode+4 {
			return binary.NativeEndian.Uint32(m.Data[diagInode:]), m.Data[diagState], nil
		}
	}
	return 0, 0, nil
}

// States of a socket, of include/net/tcp_states.h, in which it has no connection to end.
const (
	stateTimeWait = 6
	stateClose    = 7
	stateListen   = 10
)

// States in which a connection waits for the listener to accept it: it has no inode yet.
const (
	stateEstablished = 1
	stateSynReceived = 3
	stateCloseWait   = 8
	stateNew         = 12
)

// connection reports whether a machine still has its end of a connection, and whether that
// is open at the program.
func (s sockets) connection(local, remote netip.AddrPort) (exists, open bool, err error) {
	inode, state, err := s.find(local, remote)
	switch state {
	case 0, stateListen: // the kernel found the listener in its place
		return false, false, err
	case stateTimeWait, stateClose:
		return true, false, err
	case stateEstablished, stateSynReceived, stateCloseWait, stateNew:
		return true, true, err
	}
	return true, inode != 0, err
}

// destroy ends a connection at one of its sockets, and reports whether there was one. The
// other side is sent a reset. A socket that is being opened or closed is none: the kernel
// refuses (EINVAL, EOPNOTSUPP).
func (s sockets) destroy(local, remote netip.AddrPort) (done bool, err error) {
	switch inode, state, err := s.find(local, remote); {
	case err != nil:
		return false, err
	case inode == 0, state == stateTimeWait, state == stateClose, state == stateListen: // the kernel would end a listener
		return false, nil
	}
	_, err = s.conn.Execute(request(diagDestroy, netlink.Acknowledge, local, remote))
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EINVAL), errors.Is(err, unix.EOPNOTSUPP):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("resetting the connection from %v to %v: %w", local, remote, err)
	}
	return true, nil
}

func (s sockets) close() error { return s.conn.Close() }
