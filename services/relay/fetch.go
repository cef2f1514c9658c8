package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
)

// FetchConfig is what a fetching client needs to know. Dir, Progress and Dial may
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
	Dial     Dialer // how relay and nodes are dialled
	// Progress returns what is told of the bytes of a file as they come.
	Progress func(name string, size int64) Progress
}

// Progress follows the transfer of one file. Add may be called by several
// goroutines at a time. Exit is called if it ends, or begins anew, before all
// bytes have come.
type Progress interface {
	Add(n int) error
	Exit() error
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
	f := &Fetch{FetchConfig: c, directory: directory{relay: c.Relay, dial: c.Dial}}
	if c.Dir != "" {
		root, err := openRoot(c.Dir)
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
	return notFetched(failed, len(names))
}

// notFetched is the error after several files, each of which has been told.
func notFetched(failed, asked int) error {
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d files were not fetched", failed, asked)
}

// File fetches one file and prints or saves it. Whatever it prints is the whole
// file, verified; after an error nothing has been printed, unless printing itself
// failed, or was under way when ctx ended.
func (f *Fetch) File(ctx context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	nodes, fresh, err := f.directory.list(ctx)
	if err != nil {
		return err
	}
	j := &job{name: name, dial: f.Dial, log: f.Log, create: printed, hash: unknown, bad: make(map[string]bool), down: make(map[string]bool)}
	defer j.close()
	if f.Progress != nil {
		j.watch = func(size int64) Progress { return f.Progress(name, size) }
	}
	if f.root != nil {
		s, here, err := resume(f.root, name)
		if err != nil {
			return fmt.Errorf("save %s: %w", j.shown(), err)
		}
		if s != nil {
			j.store, j.here = s, here
		}
		j.create = func(int64) (store, error) {
			s, err := newSaved(f.root, name)
			if err != nil {
				return nil, fmt.Errorf("the file can't be saved: %w", err)
			}
			return s, nil
		}
	}
	err = j.fetch(ctx, nodes)
	f.directory.last(j.down) // a stopped node costs a second for each file for which it is the first that is asked
	if err != nil {
		f.directory.forget() // perhaps the list is old
		if fresh || ctx.Err() != nil || errors.Is(err, errLocal) {
			return err
		}
		now, _, stale := f.directory.list(ctx)
		if stale != nil || slices.Equal(now, nodes) {
			return err
		}
		nodes = now
		if err := j.fetch(ctx, nodes); err != nil {
			return err
		}
	}
	if s, ok := j.store.(*saved); ok {
		if err := s.keep(j.size); err != nil {
			return fmt.Errorf("save %s: %w", j.shown(), err)
		}
	} else if err := f.print(ctx, j); err != nil {
		return err
	}
	if !f.First {
		f.compare(ctx, j, nodes)
	}
	return nil
}
