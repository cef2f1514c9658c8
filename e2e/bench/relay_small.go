package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/rounds"
)

const (
	smallCount = 10000
	// turnFiles is what one side is asked for at a time. It takes a fifth of a
	// second, so that whatever else happens on the machine meets all sides.
	turnFiles = 2000
	atOnce    = 16
)

// smallFiles: 10,000 files of 4 KiB, one connection each, in turns of 2,000 for
// each side: 30,000 connections or fewer for all files, and pace between turns.
func smallFiles(ctx context.Context, l *lab, r *report.Section) error {
	if err := l.makeSmall(); err != nil {
		return err
	}
	node, err := l.startNode(ctx, l.path("small"))
	if err != nil {
		return err
	}
	defer node.stop()
	bare, bareAddr, err := l.startBare(ctx, l.path("small"))
	if err != nil {
		return err
	}
	defer bare.Stop()
	pace := &pace{tracking: tracking, say: l.say}
	sides := []rounds.Side{
		l.takesSmall(pace, ours, node.node, "relay", node.nodeAddr),
		l.takesSmall(pace, bareSide, bare, "relay", bareAddr),
	}
	if s, addr, err := l.startNginx(ctx, l.path("small")); err != nil {
		sides = append(sides, rounds.Side{Name: nginx, Absent: err.Error()})
	} else {
		defer s.Stop()
		sides = append(sides, l.takesSmall(pace, nginx, s, "http", addr))
	}
	first := rounds.Contest{
		Title: "10,000 files of 4 KiB, a connection each, 16 at a time; nobody has asked for them before, so the node hashes them, too",
		Short: "4 KiB, first time",
		Rate:  rounds.Unit{Name: "files/s", Scale: 1},
		Cost:  rounds.Unit{Name: "CPU s a 1,000 files", Scale: 1000},
		Goals: []rounds.Goal{{Side: ours, Peer: nginx, AtLeast: 0.9}, {Side: ours, Peer: bareSide}, {Side: bareSide, Peer: nginx}},
		Sides: sides, Once: true, Rounds: smallCount / turnFiles, AtLeast: smallCount / turnFiles,
	}
	again := first
	again.Title = "The same files again"
	again.Short = "4 KiB, again"
	again.Once, again.Rounds, again.AtLeast, again.Time = false, 15, 5, 15*time.Second
	if err := r.Play(ctx, l.player, first); err != nil {
		return err
	}
	return r.Play(ctx, l.player, again)
}

// makeSmall makes the files, of random bytes.
func (l *lab) makeSmall() error {
	content := make([]byte, smallSize)
	for i := range smallCount {
		_, _ = rand.Read(content) // never fails
		if err := os.WriteFile(filepath.Join(l.path("small"), smallName(i)), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func smallName(i int) string { return fmt.Sprintf("%05d", i) }

// takesSmall is a side that is asked for the next files in each round.
func (l *lab) takesSmall(p *pace, name string, s *proc.Server, protocol, addr string) rounds.Side {
	return rounds.Side{Name: name, Run: func(ctx context.Context, round int) (rounds.Sample, error) {
		if err := p.wait(ctx, turnFiles); err != nil {
			return rounds.Sample{}, err
		}
		args := []string{"-protocol", protocol, "-at-once", fmt.Sprint(atOnce), "-source", p.source(), addr}
		for i := range turnFiles {
			args = append(args, smallName((round*turnFiles+i)%smallCount))
		}
		took, sample, err := l.take(ctx, s, args...)
		sample.Amount = float64(took.Files)
		return sample, err
	}}
}
