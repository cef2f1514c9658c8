package lab

import (
	"fmt"
	"net"
	"strings"
)

// Listens waits until the process accepts connections at the address.
func (p *Process) Listens(address string) {
	p.lab.t.Helper()
	p.lab.eventually(awaited{
		late: func() string {
			return fmt.Sprintf("%v did not listen at %s within %v (lookTimeout)%s", p, address, lookTimeout, p.listeningHint())
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

// listeningHint says where the process listens instead, as far as the system
// lets the test see it.
func (p *Process) listeningHint() string {
	at := p.listening()
	if len(at) == 0 {
		return ""
	}
	return fmt.Sprintf("\nhint: %s listens at %s instead; its command line, below, says where it should", p.Name(), strings.Join(at, ", "))
}
