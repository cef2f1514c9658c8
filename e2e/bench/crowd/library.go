package main

import (
	"errors"

	"github.com/nats-io/nats.go"
)

// library is a client of NATS as programs have it, by nats.go. How many lines
// go with one write is the library's business.
type library struct{ nc *nats.Conn }

func joinLibrary(addr string, e ears) (member, error) {
	nc, err := nats.Connect("nats://"+addr, nats.NoEcho(), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { e.deaf(err) }),
		nats.ClosedHandler(func(nc *nats.Conn) { e.deaf(errors.Join(errors.New("the connection is over"), nc.LastError())) }))
	if err != nil {
		return nil, err
	}
	sub, err := nc.Subscribe("room", func(m *nats.Msg) { e.heard(m.Data) })
	if err == nil {
		err = sub.SetPendingLimits(-1, -1)
	}
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		nc.Close()
		return nil, err
	}
	return library{nc}, nil
}

func (l library) say(text []byte, n int) error {
	for range n {
		if err := l.nc.Publish("room", text); err != nil {
			return err
		}
	}
	return nil
}

func (l library) close() { l.nc.Close() }
