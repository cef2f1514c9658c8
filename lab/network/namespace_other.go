//go:build !linux

package network

import (
	"errors"
	"syscall"
)

// namespace does not exist on systems other than Linux.
type namespace struct{}

func newNamespace() (*namespace, error) {
	return nil, errors.New("only Linux has them: use the network of the host")
}

func openNamespace(int) (*namespace, error) { return newNamespace() }

func (*namespace) do(func()) error { return errors.ErrUnsupported }
func (*namespace) close() error    { return nil }

func mark(string, string, syscall.RawConn) error { return nil }
