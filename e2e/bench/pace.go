package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// pace keeps thousands of connections a second from hurting anybody. Where
// there is a firewall, as with Docker, the kernel keeps track of every
// connection, for two minutes after its end, and drops packets when its table
// is full.
type pace struct {
	tracking func() (count, most int, ok bool) // connections that the kernel tracks, and how many it can
	say      func(string)
	turns    int
	said     bool
}

// paceLimit is how full the table of connections may become by what is done here.
const paceLimit = 0.5

// wait waits until the table has room for so many connections more.
func (p *pace) wait(ctx context.Context, connections int) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		count, most, tracked := p.tracking()
		if !tracked || float64(count+connections) < paceLimit*float64(most) {
			return nil
		}
		if !p.said {
			p.said = true
			p.say(fmt.Sprintf("waiting: %d of %d places in connection tracking are taken, and become free within two minutes", count, most))
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("connection tracking holds %d of %d connections, and not fewer after minutes; see who makes them with: ss -s", count, most), ctx.Err())
		case <-again.C:
		}
	}
}

// source returns another address to connect from at each turn. The side that
// closes a connection first must not use its pair of ports again for a while:
// from a single address a client would soon run out of ports, and look for free
// ones ever longer.
func (p *pace) source() string {
	p.turns++
	return fmt.Sprintf("127.0.%d.%d", 1+p.turns/250, 1+p.turns%250)
}

// tracking returns what /proc says of connection tracking; false: there is none.
func tracking() (count, most int, ok bool) {
	count, err := readNumber("/proc/sys/net/netfilter/nf_conntrack_count")
	if err != nil {
		return 0, 0, false
	}
	most, err = readNumber("/proc/sys/net/netfilter/nf_conntrack_max")
	return count, most, err == nil
}

func readNumber(path string) (int, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}
