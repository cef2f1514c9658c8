package proc

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// FreePort returns HOST:PORT on 127.0.0.1 where nobody listens. The port is
// below those that the kernel picks for connections: with thousands of them a
// second one would soon be in the way.
func FreePort() (string, error) {
	const low, high = 20000, 32000
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(low+rand.IntN(high-low)))
		if l, err := net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", errors.New("no free port between 20000 and 32000 on 127.0.0.1; see who listens with: ss -tln")
}
