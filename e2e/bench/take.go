package main

import (
	"context"
	"encoding/json"
	"fmt"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/rounds"
)

// took is what the reader says: see take/crew.go.
type took struct {
	Files   int
	Bytes   int64
	Seconds float64
}

// take has the reader, a process of its own, take files from a server.
func (l *lab) take(ctx context.Context, s *proc.Server, args ...string) (took, rounds.Sample, error) {
	var t took
	var done proc.Done
	used, err := s.During(func() (err error) {
		done, err = proc.Run(ctx, true, l.bin("take"), args...)
		return err
	})
	if err != nil {
		return t, rounds.Sample{}, err
	}
	if err := json.Unmarshal(done.Out, &t); err != nil {
		return t, rounds.Sample{}, fmt.Errorf("what take prints: %w", err)
	}
	return t, rounds.Sample{Seconds: t.Seconds, ServerCPU: used.CPU.Seconds(), ClientCPU: done.CPU.Seconds(), Peak: float64(used.Peak)}, nil
}
