package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"peerlab/e2e/bench/internal/rounds"
)

const (
	gib       = 1 << 30
	bigName   = "big"
	smallSize = 4 << 10
)

// lab is where it all happens: a temporary folder with the programs and the
// files they serve.
type lab struct {
	dir    string // on disk
	memory string // a folder in memory, or empty
	begun  time.Time
	player *rounds.Player
}

// newLab makes the folders and builds the programs. close must be called.
func newLab(ctx context.Context, patience time.Duration) (*lab, error) {
	dir, err := os.MkdirTemp("", "peerlab-bench-")
	if err != nil {
		return nil, fmt.Errorf("%w; set TMPDIR to a folder with 3 GiB to spare", err)
	}
	l := &lab{dir: dir, begun: time.Now()}
	l.player = &rounds.Player{Say: l.say, Busy: busy, Cores: runtime.NumCPU(), Patience: patience}
	if m, err := os.MkdirTemp("/dev/shm", "peerlab-bench-"); err == nil {
		l.memory = m
	}
	for _, sub := range []string{"bin", "files", "small", "out", "nginx"} {
		if err == nil {
			err = os.Mkdir(l.path(sub), 0o700)
		}
	}
	if err == nil {
		l.say("building ...")
		err = l.build(ctx)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// close removes the folders.
func (l *lab) close() {
	for _, dir := range []string{l.dir, l.memory} {
		if dir == "" {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			l.say(fmt.Sprintf("could not clean up: %v", err))
		}
	}
}

func (l *lab) path(parts ...string) string {
	return filepath.Join(append([]string{l.dir}, parts...)...)
}

// bin is the path of a program that build has built.
func (l *lab) bin(name string) string { return l.path("bin", name) }

// say tells whoever waits how far it has got.
func (l *lab) say(what string) {
	fmt.Fprintf(os.Stderr, "bench %5.1fs  %s\n", time.Since(l.begun).Seconds(), what)
}

// build builds the product as its images have it, static and stripped, and the
// programs of this module.
func (l *lab) build(ctx context.Context) error {
	here, err := output(ctx, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	for dir, packages := range map[string][]string{
		filepath.Join(here, "..", ".."): {"./services/cmd/relay", "./services/cmd/node", "./services/cmd/fetch", "./services/cmd/server", "./services/cmd/client", "./services/cmd/room-server"},
		here:                            {"./bare", "./take", "./mesh", "./barehub", "./crowd", "./natsline", "github.com/nats-io/nats-server/v2"},
	} {
		args := append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", l.path("bin") + "/"}, packages...)
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = dir
		cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build in %s: %w\n%s", dir, err, out)
		}
	}
	return nil
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w; run it from e2e/bench", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// needBig makes the file of 1 GiB, once. It is on disk when this returns, so
// that no writing goes on beside what is measured, and in memory, too.
func (l *lab) needBig() error {
	path := l.path("files", bigName)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if free, err := freeBytes(l.dir); err == nil && free < 3*gib {
		return fmt.Errorf("%s has %d MiB left, and 3 GiB are needed; set TMPDIR to another folder", l.dir, free>>20)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.CopyN(f, rand.Reader, gib); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Sync()
}

func freeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * s.Bsize, nil
}
