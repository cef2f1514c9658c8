package e2e

import "net"

// network is where the programs of a scenario are, and so where a test connects to
// them or listens for them. It is part of each lab.Lab.
type network interface {
	Dial(address string) (net.Conn, error)
	DialWith(d net.Dialer, address string) (net.Conn, error)
	Listen(address string) (net.Listener, error)
}
