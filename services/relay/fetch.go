package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"

	"peerlab/services/internal/lines"
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
	// Progress returns what shows the transfer of a file, of which some bytes may be
	// here from an earlier run.
	Progress func(name string, size, here int64) Progress
}

// Progress shows the transfer of one file. Add and Clear may be called by several
// goroutines at a time. Exit is called if it ends, or begins again, before all
// bytes have come.
type Progress interface {
	Add(n int)
	Clear() // makes room for a line of the log
	Exit()
}

// Fetch fetches files by name. It is for one goroutine at a time.
type Fetch struct {
	FetchConfig
	directory directory
	root      *os.Root // nil: files are printed
	lister    string   // what a user types to see which files there are
	listed    int      // how many files of a node are listed at most
}

// NewFetch returns a client, and opens the folder to save in, which it makes if it
// is missing. Close must be called in the end.
func NewFetch(c FetchConfig) (*Fetch, error) {
	f := &Fetch{FetchConfig: c, directory: directory{relay: c.Relay, dial: c.Dial}, lister: "fetch -list", listed: maxListed}
	if c.Dir != "" {
		root, err := openToSave(c.Dir)
		if err != nil {
			return nil, err
		}
		f.root = root
	}
	return f, nil
}

// openToSave opens the folder of -o. It makes a missing one, and those above it.
func openToSave(dir string) (*os.Root, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("make the folder of -o: %w; give another, or one that is there", err)
		}
	}
	root, err := openRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%w; -o wants a folder", err)
	}
	return root, nil
}

// Close frees what NewFetch has opened.
func (f *Fetch) Close() {
	if f.root != nil {
		f.root.Close()
	}
}

// tell writes an error to Err, as one line.
func (f *Fetch) tell(err error) {
	line := strings.ReplaceAll(err.Error(), "\n", "; ")
	fmt.Fprintf(f.Err, "fetch: %s\n", lines.Escape(nil, []byte(line)))
}

// Files fetches the files one after the other. If one of several fails, that is
// written to Err, the others are fetched, and the error says how many failed.
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
		f.tell(err)
	}
	return notFetched(failed, len(names))
}

// notFetched is the error after several files, each of which has had its own.
func notFetched(failed, asked int) error {
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d files were not fetched", failed, asked)
}

// File fetches one file and prints or saves it. If no node has it, it is fetched
// by the other spelling of its name in Unicode, if it has one. What is printed is
// the whole file, verified; after an error nothing has been printed, unless
// printing itself failed, or was under way when ctx ended.
func (f *Fetch) File(ctx context.Context, name string) error {
	return f.firstOf(ctx, spellings(name), f.root)
}

// firstOf fetches the first of several names that a node has. The error is that of
// the first.
func (f *Fetch) firstOf(ctx context.Context, names []string, root *os.Root) (first error) {
	for i, name := range names {
		err := f.file(ctx, name, root)
		switch {
		case err == nil && i > 0:
			f.Log.Info(fmt.Sprintf("no node has %+q; this is %+q", names[0], name))
			return nil
		case err == nil:
			return nil
		case i == 0:
			first = err
		}
		if ctx.Err() != nil || !errors.Is(err, errMissing) && !errors.Is(err, errName) {
			return err
		}
	}
	return first
}

// file fetches one file, and saves it below root, or prints it if that is nil.
func (f *Fetch) file(ctx context.Context, name string, root *os.Root) error {
	if err := CheckName(name); err != nil {
		return badName{err}
	}
	nodes, fresh, err := f.directory.list(ctx)
	if err != nil {
		return err
	}
	j := newJob(f, name)
	defer j.close()
	if root != nil {
		if nodes, err = f.prepare(ctx, j, root, nodes); err != nil {
			return fmt.Errorf("save %s: %w", j.shown(), err)
		}
	}
	if !j.present {
		err = j.fetch(ctx, nodes)
		f.directory.last(j.down) // a stopped node costs a second for each file for which it is the first that is asked
	}
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
	} else if j.present {
		f.Log.Info(j.shown()+" is already there, with the same SHA-256", "node", j.from)
	} else if err := f.print(ctx, j); err != nil {
		return err
	}
	if !f.First {
		f.compare(ctx, j, nodes)
	}
	return nil
}

// prepare looks in the folder for the file, or a part of it from an earlier run,
// and returns the nodes in the order to ask them.
func (f *Fetch) prepare(ctx context.Context, j *job, root *os.Root, nodes []string) ([]string, error) {
	s, here, err := resume(root, j.name)
	if err != nil {
		return nil, err
	}
	if s != nil {
		j.store, j.here = s, here
	} else if err := j.findPresent(ctx, root, nodes); err != nil {
		return nil, err
	}
	j.create = func(int64) (store, error) {
		s, err := newSaved(root, j.name)
		if err != nil {
			return nil, fmt.Errorf("the file can't be saved: %w", err)
		}
		return s, nil
	}
	f.directory.last(j.down)
	clear(j.down)
	return f.directory.nodes, nil
}
