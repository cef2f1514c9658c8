package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"peerlab/services/internal/lines"
)

// FetchConfig is what a fetching client needs to know. Dir, Progress and Ask may
// be left out.
type FetchConfig struct {
	Relay    string    // HOST:PORT
	Dir      string    // folder to save files in; empty: they are printed
	First    bool      // do not ask whether other nodes have another file of the name
	Raw      bool      // print binary files on a terminal too
	Terminal bool      // Out is a terminal
	Out      io.Writer // the screen: what is printed, and nothing else
	Err      io.Writer // what goes wrong with one of several files, a line each
	Log      *slog.Logger
	// Progress returns what is told of the bytes of a file as they come.
	Progress func(name string, size int64) Progress
}

// Progress follows the transfer of one file.
type Progress interface {
	Add(n int) error
	Close() error
}

// Fetch fetches files by name. It is for one goroutine at a time.
type Fetch struct {
	FetchConfig
	directory directory
	root      *os.Root
}

// NewFetch returns a client, having opened the folder to save in. Close must be
// called in the end.
func NewFetch(c FetchConfig) (*Fetch, error) {
	f := &Fetch{FetchConfig: c, directory: directory{relay: c.Relay}}
	if c.Dir != "" {
		root, err := os.OpenRoot(c.Dir)
		if err != nil {
			return nil, fmt.Errorf("%w; -o wants a folder that is there", err)
		}
		f.root = root
	}
	return f, nil
}

// Close frees what NewFetch has opened.
func (f *Fetch) Close() {
	if f.root != nil {
		f.root.Close()
	}
}

// Files fetches the files one after the other. If one of several fails, Err is
// told, the others are fetched all the same, and the error says how many failed.
func (f *Fetch) Files(ctx context.Context, names []string) error {
	failed := 0
	for _, name := range names {
		err := f.File(ctx, name)
		if err == nil {
			continue
		}
		if len(names) == 1 || ctx.Err() != nil || errors.Is(err, errNowhere) {
			return err
		}
		failed++
		fmt.Fprintf(f.Err, "fetch: %v\n", err)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d files were not fetched", failed, len(names))
	}
	return nil
}

// File fetches one file and prints or saves it. Whatever it prints is the whole
// file, verified; after an error nothing has been printed.
func (f *Fetch) File(ctx context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	nodes, err := f.directory.list(ctx)
	if err != nil {
		return err
	}
	j := &job{name: name, log: f.Log, create: printed, hash: unknown}
	defer j.close()
	if f.root != nil {
		s, here, err := openSaved(f.root, name)
		if err != nil {
			return fmt.Errorf("save %s: %w", j.shown(), err)
		}
		j.store, j.here, j.step = s, here, s.step
	}
	if f.Progress != nil {
		var p Progress
		j.start = func(size int64) { p = f.Progress(name, size) }
		j.tick = func(n int) { _ = p.Add(n) } // a bar that can't be drawn is no reason to stop
		defer func() {
			if p != nil {
				_ = p.Close()
			}
		}()
	}
	if err := j.fetch(ctx, nodes); err != nil {
		f.directory.forget() // perhaps the list was old
		return err
	}
	if s, ok := j.store.(*saved); ok {
		if err := s.keep(j.size); err != nil {
			return fmt.Errorf("save %s: %w", j.shown(), err)
		}
	} else if err := f.print(j); err != nil {
		return err
	}
	if !f.First {
		f.compare(ctx, j, nodes)
	}
	return nil
}

// compare tells the user of nodes that have another file of the same name.
func (f *Fetch) compare(ctx context.Context, j *job, nodes []string) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var all sync.WaitGroup
	for _, addr := range nodes {
		if addr == j.from {
			continue
		}
		all.Go(func() {
			got, err := askFor(ctx, addr, "STAT "+j.name, "FILE", 3)
			if err == nil && got[1] != j.hash && checkHash(got[1]) == nil {
				f.Log.Warn(fmt.Sprintf("%s: node %s has another file of this name; this is the one of %s", j.shown(), addr, j.from))
			}
		})
	}
	all.Wait()
}

// List prints what every node offers: its address, the size and the name of
// each file. Nodes that do not answer are told to the log.
func (f *Fetch) List(ctx context.Context) error {
	nodes, err := f.directory.list(ctx)
	if err != nil {
		return err
	}
	answered := 0
	for _, addr := range nodes {
		if err := f.listNode(ctx, addr); err != nil {
			f.Log.Warn("node "+addr+" does not say what it has", "err", err)
			continue
		}
		answered++
	}
	if answered == 0 {
		return fmt.Errorf("none of %d nodes answers", len(nodes))
	}
	return nil
}

func (f *Fetch) listNode(ctx context.Context, addr string) error {
	c, err := dialNode(ctx, addr)
	if err != nil {
		return err
	}
	defer c.close()
	head, err := c.ask("LIST", "FILES", 1)
	if err != nil {
		return err
	}
	count, err := number(head[0])
	if err != nil || count > maxFiles {
		return refuse("syntax", "%s files are more than any node lists", lines.Quote([]byte(head[0])))
	}
	if err := c.conn.SetReadDeadline(time.Now().Add(bodyTime)); err != nil {
		return err
	}
	for range count {
		got, err := c.hear("FILE", 3)
		if err != nil {
			return err
		}
		size, err := number(got[0])
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(f.Out, "%s %12d %s\n", addr, size, lines.Escape(nil, []byte(got[2]))); err != nil {
			return err
		}
	}
	return nil
}
