package lab

import (
	"fmt"
	"net"
)

// Listens waits until the process accepts connections at the address.
func (p *Process) Listens(address string) {
	p.lab.t.Helper()
	p.lab.eventually(awaited{
		late: func() string {
			return fmt.Sprintf("%v did not listen at %s within %v%s", p, address, lookTimeout, semicolon(p.notListeningAt(address)))
		},
		before: func() string { return "it listened at " + address },
	}, []*Process{p}, func() bool {
		c, err := p.lab.DialWith(net.Dialer{Timeout: lookTimeout}, address)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
}
