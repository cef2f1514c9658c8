package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/rounds"
)

const (
	saves = "node + fetch -o, hash verified"
	curls = "nginx + curl -o, no hash"
	syncs = "nginx + curl -o, no hash, then fsync"
)

// saveInMemory: 1 GiB to a file in memory, so that it is the programs that are
// compared and not the disk.
func saveInMemory(ctx context.Context, l *lab, r *report.Section) error {
	if free, err := freeBytes("/dev/shm"); l.memory == "" || err != nil || free < 2*gib {
		l.say("/dev/shm has no 2 GiB to spare: saving is measured on disk only")
		return nil
	}
	return l.saving(ctx, r, l.memory, rounds.Contest{
		Title: "1 GiB to a file in memory (/dev/shm)",
		Short: "1 GiB, saved",
		Goals: []rounds.Goal{{Side: saves, Peer: curls, AtLeast: 1.2}},
		Warm:  true, Rounds: 7, AtLeast: 3, Time: 25 * time.Second,
	})
}

// saveOnDisk: the same to the disk, which fetch waits for and curl does not.
func saveOnDisk(ctx context.Context, l *lab, r *report.Section) error {
	return l.saving(ctx, r, l.path("out"), rounds.Contest{
		Title: "1 GiB to a file on disk; fetch returns when it is there (fsync), curl does not wait",
		Short: "1 GiB, disk",
		Goals: []rounds.Goal{{Side: saves, Peer: curls, AtLeast: 1.2}, {Side: saves, Peer: syncs, AtLeast: 1.2}},
		Warm:  true, Rounds: 5, AtLeast: 2, Time: 20 * time.Second,
	})
}

// saving plays a contest of saving into a folder.
func (l *lab) saving(ctx context.Context, r *report.Section, dir string, c rounds.Contest) error {
	if err := l.needBig(); err != nil {
		return err
	}
	node, err := l.startNode(ctx, l.path("files"))
	if err != nil {
		return err
	}
	defer node.stop()
	if err := node.hash(bigName); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(node.relayAddr)
	if err != nil {
		return err
	}
	c.Rate, c.Cost = rounds.Unit{Name: "GB/s", Scale: 1e9}, rounds.Unit{Name: "CPU s a GiB", Scale: gib}
	file := filepath.Join(dir, bigName)
	fetch := saver{server: node.node, file: file}
	c.Sides = []rounds.Side{fetch.side(saves, l.bin("fetch"), "-o", dir, host, port, bigName)}
	s, addr, err := l.startNginx(ctx, l.path("files"))
	curl, err2 := proc.Find("curl", "curl")
	if err == nil {
		defer s.Stop()
		err = err2
	}
	if err != nil {
		c.Sides = append(c.Sides, rounds.Side{Name: curls, Absent: err.Error()}, rounds.Side{Name: syncs, Absent: err.Error()})
	} else {
		args := []string{"-sS", "-o", file, "http://" + addr + "/" + bigName}
		c.Sides = append(c.Sides, saver{server: s, file: file}.side(curls, curl, args...))
		if dir != l.memory {
			c.Sides = append(c.Sides, saver{server: s, file: file, sync: true}.side(syncs, curl, args...))
		}
	}
	return r.Play(ctx, l.player, c)
}

// saver is a client that saves 1 GiB in a file.
type saver struct {
	server *proc.Server
	file   string
	sync   bool // the file must be on disk, and the client does not see to it
}

func (s saver) side(name, path string, args ...string) rounds.Side {
	return rounds.Side{Name: name, Run: func(ctx context.Context, _ int) (rounds.Sample, error) {
		return s.run(ctx, path, args)
	}}
}

func (s saver) run(ctx context.Context, path string, args []string) (rounds.Sample, error) {
	var done proc.Done
	used, err := s.server.During(func() (err error) {
		done, err = proc.Run(ctx, false, path, args...)
		return err
	})
	if err != nil {
		return rounds.Sample{}, err
	}
	synced, err := s.finish()
	if err != nil {
		return rounds.Sample{}, err
	}
	done.Wall += synced
	return rounds.Sample{Amount: gib, Seconds: done.Wall.Seconds(), ServerCPU: used.CPU.Seconds(), ClientCPU: done.CPU.Seconds(), Peak: float64(used.Peak)}, nil
}

// finish syncs the file if it must, and returns how long that took; it checks
// the file's size and removes it.
func (s saver) finish() (time.Duration, error) {
	f, err := os.Open(s.file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	begin := time.Now()
	if s.sync {
		err = f.Sync()
	}
	took := time.Since(begin)
	if err != nil {
		return 0, err
	}
	if info, err := f.Stat(); err != nil || info.Size() != gib {
		return 0, fmt.Errorf("%s is not of 1 GiB: %v", s.file, err)
	}
	return took, os.Remove(s.file)
}
