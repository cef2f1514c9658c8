package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"time"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/rounds"
)

// iperf is iperf3: one connection, and nothing kept. By default it sends one
// buffer of 128 KiB again and again, which stays in the processor's cache; with
// -F it reads what it sends from a file, as a file server must.
type iperf struct {
	path, host, port string
	server           *proc.Server
}

// startIperf starts its receiving side. It must be stopped.
func startIperf(ctx context.Context) (*iperf, error) {
	path, err := proc.Find("iperf3", "iperf3")
	if err != nil {
		return nil, err
	}
	addr, err := proc.FreePort()
	if err != nil {
		return nil, err
	}
	i := &iperf{path: path}
	if i.host, i.port, err = net.SplitHostPort(addr); err != nil {
		return nil, err
	}
	if i.server, err = proc.Start("iperf3", path, "-s", "-B", i.host, "-p", i.port); err != nil {
		return nil, err
	}
	if err := i.server.Ready(ctx, func() error { _, err := i.send(ctx, 1<<20); return err }); err != nil {
		i.server.Stop()
		return nil, err
	}
	return i, nil
}

// side sends 1 GiB in each round. more are arguments of iperf3's.
func (i *iperf) side(name string, more ...string) rounds.Side {
	return rounds.Side{Name: name, Run: func(ctx context.Context, _ int) (rounds.Sample, error) {
		return i.send(ctx, gib, more...)
	}}
}

// send sends n bytes and has the receiving side say when it had them all. Here
// it is the client that sends.
func (i *iperf) send(ctx context.Context, n int64, more ...string) (rounds.Sample, error) {
	var done proc.Done
	used, err := i.server.During(func() (err error) {
		args := append([]string{"-c", i.host, "-p", i.port, "-n", fmt.Sprint(n), "-J"}, more...)
		done, err = proc.Run(ctx, true, i.path, args...)
		return err
	})
	if err != nil {
		return rounds.Sample{}, err
	}
	return iperfSample(done.Out, done.CPU, used.CPU)
}

// iperfSample reads what iperf3 -J prints. sending and receiving are processor times.
func iperfSample(out []byte, sending, receiving time.Duration) (rounds.Sample, error) {
	var said struct {
		Error string
		End   struct {
			Received struct{ Bytes, Seconds float64 } `json:"sum_received"`
		}
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return rounds.Sample{}, fmt.Errorf("what iperf3 -J prints: %w", err)
	}
	got := said.End.Received
	if said.Error != "" || got.Seconds <= 0 {
		return rounds.Sample{}, fmt.Errorf("iperf3 received nothing: %s", said.Error)
	}
	return rounds.Sample{Amount: got.Bytes, Seconds: got.Seconds, ServerCPU: sending.Seconds(), ClientCPU: receiving.Seconds()}, nil
}
