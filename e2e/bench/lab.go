package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"peerlab/e2e/bench/internal/load"
	"peerlab/e2e/bench/internal/rounds"
	"peerlab/lab/certs"
)

const gib = 1 << 30

// lab is the temporary folder with the programs and the files that they serve.
type lab struct {
	dir   string
	begun time.Time
}

// open makes the folder and builds the programs.
func (l *lab) open(ctx context.Context) (err error) {
	if l.dir, err = os.MkdirTemp("", "peerlab-bench-"); err != nil {
		return err
	}
	l.log("building ...")
	err = l.build(ctx)
	for i := 0; i <= 5 && err == nil; i++ {
		name := "server"
		if i > 0 {
			name = fmt.Sprint("client", i)
		}
		err = l.certs().Issue(name, day)
	}
	if err != nil {
		l.close()
	}
	return err
}

const day = 24 * time.Hour

// certs is the folder of the certificates of the server and of clients 1 to 5.
func (l *lab) certs() certs.Dir { return certs.Dir(l.path("certs")) }

// close removes the folder.
func (l *lab) close() {
	if err := os.RemoveAll(l.dir); err != nil {
		l.log(err.Error())
	}
}

func (l *lab) path(name string) string { return filepath.Join(l.dir, name) }

// bin returns the path of a program that build has built.
func (l *lab) bin(name string) string { return filepath.Join(l.dir, "bin", name) }

// log reports the progress.
func (l *lab) log(text string) {
	fmt.Fprintf(os.Stderr, "bench %5.1fs  %s\n", time.Since(l.begun).Seconds(), text)
}

// build builds the product as it is in its images, static and stripped, and the programs
// of this module.
func (l *lab) build(ctx context.Context) error {
	here, err := output(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "peerlab/e2e/bench")
	if err != nil {
		return err
	}
	for dir, packages := range map[string][]string{
		filepath.Join(here, "..", ".."): {"./services/cmd/..."},
		here:                            {"./bare", "./mesh", "./natsline", "github.com/nats-io/nats-server/v2"},
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

// folder makes a folder with files of random bytes, once, and returns its path. They are
// on disk when it returns, so that they are not written while a side is measured.
func (l *lab) folder(name string, size int64, files []string) (string, error) {
	dir := l.path(name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		if os.IsExist(err) {
			err = nil
		}
		return dir, err
	}
	for _, file := range files {
		f, err := os.Create(filepath.Join(dir, file))
		if err != nil {
			return "", err
		}
		_, err = io.CopyN(f, rand.Reader, size)
		if err == nil {
			err = f.Sync()
		}
		f.Close()
		if err != nil {
			return "", fmt.Errorf("%w: set TMPDIR to a folder with 2 GiB to spare", err)
		}
	}
	return dir, nil
}

// turn is a side's turn on a network of its own, with programs that end with it.
func turn(run func(ctx context.Context, g *load.Group) (rounds.Sample, error)) func(context.Context) (rounds.Sample, error) {
	return func(ctx context.Context) (s rounds.Sample, err error) {
		err = load.Run(func(g *load.Group) error {
			s, err = run(ctx, g)
			return err
		})
		return s, err
	}
}

// sample is the sample of a measured value; work is the amount of it, in units of cost.
func sample(value float64, u load.Usage, work float64) rounds.Sample {
	return rounds.Sample{Value: value, CPU: u.CPU / work, Own: u.Own / work, Peak: u.Peak}
}

// listening returns a check that a server listens at an address.
func listening(addr string) func() error {
	return func() error {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err
	}
}
