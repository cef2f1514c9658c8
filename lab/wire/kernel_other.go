//go:build !linux

package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Faults of the network need Linux: these fail.

var errNotLinux = fmt.Errorf("faults of the network need Linux: %w", errors.ErrUnsupported)

type (
	sockets struct{ conn *struct{} }
	queue   struct{ number uint16 }
	ruleset struct {
		conn *struct{}
		tag  uint32
	}
	tap struct {
		lost int
		gaps bool
		idle func(bool)
	}
)

func limitPackets(bool) error { return errNotLinux }

func openSockets() (sockets, error)                                { return sockets{}, errNotLinux }
func (sockets) inode(_, _ netip.AddrPort) (uint32, error)          { return 0, errNotLinux }
func (sockets) destroy(_, _ netip.AddrPort) (done bool, err error) { return false, errNotLinux }
func (sockets) connection(_, _ netip.AddrPort) (exists, open bool, err error) {
	return false, false, errNotLinux
}
func (sockets) close() error { return errNotLinux }

func openQueue(uint16) (*queue, error)           { return nil, errNotLinux }
func (*queue) receive() ([]packet, error)        { return nil, errNotLinux }
func (*queue) decide(uint32, bool, uint32) error { return errNotLinux }
func (*queue) close() error                      { return errNotLinux }

func (*ruleset) make() error               { return errNotLinux }
func (*ruleset) makeShared([]uint16) error { return errNotLinux }
func (*ruleset) queue([]link) error        { return errNotLinux }
func (*ruleset) close() error              { return errNotLinux }

func openTap([]uint16, bool, bool) (*tap, error) { return nil, errNotLinux }
func (*tap) next() ([]byte, time.Time, error)    { return nil, time.Time{}, errNotLinux }
func (*tap) leaveOut(*header) error              { return errNotLinux }
func (*tap) waits() bool                         { return false }
func (*tap) stamp() time.Time                    { return time.Time{} }
func (*tap) takeLost() int                       { return 0 }
func (*tap) stop() error                         { return errNotLinux }
func (*tap) close() error                        { return errNotLinux }
