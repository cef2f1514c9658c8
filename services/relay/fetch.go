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
	"peerlab/services/internal/mtls"
)

// FetchConfig configures a fetching client. Dir, Progress and Dial are optional.
type FetchConfig struct {
	Relay    string    // HOST:PORT
	Dir      string    // folder to save files in; empty: they are printed
	First    bool      // do not look for other versions of the file on other nodes
	Raw      bool      // print binary files even on a terminal
	Terminal bool      // Out is a terminal
	Out      io.Writer // receives the printed files and lists, nothing else
	Err      io.Writer // receives the error for each of several files, a line each
	Log      *slog.Logger
	TLS      mtls.Flags
	Dial     Dialer // connects to the relay and to nodes
	// Progress returns the display for the transfer of a file, here bytes of which
	// are left from an earlier run.
	Progress func(name string, size, here int64) Progress
}

// Progress displays the transfer of one file. Add and Clear must be safe for
// concurrent use. Exit is called if the transfer stops or restarts before it is
// complete.
type Progress interface {
	Add(n int)
	Clear() // erases the display before a log line
	Exit()
}

// Fetch fetches files by name. It is for one goroutine at a time.
type Fetch struct {
	FetchConfig
	directory directory
	root      *os.Root // nil: files are printed
	lister    string   // the command that lists files, for error messages
	listed    int      // bound on the listed files of a node
}

// NewFetch returns a client. It opens the folder to save in and creates it if
// necessary. The caller must call Close.
func NewFetch(c FetchConfig) (*Fetch, error) {
	relay := c.Dial
	if c.Dial == nil {
		id, err := c.TLS.Open(c.Log)
		if err != nil {
			return nil, err
		}
		relay, c.Dial = Dialer(id.Dial(relayRole)), Dialer(id.Dial(nodeRole))
	}
	f := &Fetch{FetchConfig: c, directory: directory{relay: c.Relay, dial: relay}, lister: "fetch -list", listed: maxListed}
	if c.Dir != "" {
		root, err := openToSave(c.Dir)
		if err != nil {
			return nil, err
		}
		f.root = root
	}
	return f, nil
}

// openToSave opens the folder of -o. It creates the folder and its parents if
// necessary.
func openToSave(dir string) (*os.Root, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("create the folder of -o: %w; give another, or an existing one", err)
		}
	}
	root, err := openRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%w; -o needs a folder", err)
	}
	return root, nil
}

// Close closes the folder.
func (f *Fetch) Close() {
	if f.root != nil {
		f.root.Close()
	}
}

// printError writes an error to Err, as one line.
func (f *Fetch) printError(err error) {
	line := strings.ReplaceAll(err.Error(), "\n", "; ")
	fmt.Fprintf(f.Err, "fetch: %s\n", lines.Escape(nil, []byte(line)))
}

// Files fetches the files in order. If one of several fails, Files writes its error to
// Err and continues; the returned error gives the number of failures.
func (f *Fetch) Files(ctx context.Context, names []string) error {
	failed := 0
	for _, name := range names {
		err := f.File(ctx, name)
		if err == nil {
			continue
		}
		if len(names) == 1 || ctx.Err() != nil || errors.Is(err, errNoNodes) {
			return err
		}
		failed++
		f.printError(err)
	}
	return notFetched(failed, len(names))
}

// notFetched returns the error for several files, whose own errors have been printed.
func notFetched(failed, asked int) error {
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d files were not fetched", failed, asked)
}

// File fetches one file and prints or saves it. If no node has it, File tries the other
// Unicode normalization forms of the name. It prints only complete, verified files:
// after an error nothing has been printed, unless printing failed or ctx was cancelled
// during it.
func (f *Fetch) File(ctx context.Context, name string) error {
	return f.firstOf(ctx, spellings(name), f.root)
}

// firstOf fetches the first of several names that a node has. If no node has any, the
// error is that of the first name.
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

// file fetches one file and saves it below root, or prints it if root is nil.
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
		err = j.download(ctx, nodes)
		f.directory.moveToEnd(j.down) // a stopped node that is asked first costs answerTime for each file
	}
	if err != nil {
		f.directory.forget() // the list may be out of date
		if fresh || ctx.Err() != nil || errors.Is(err, errLocal) {
			return err
		}
		now, _, stale := f.directory.list(ctx)
		if stale != nil || slices.Equal(now, nodes) {
			return err
		}
		nodes = now
		if err := j.download(ctx, nodes); err != nil {
			return err
		}
	}
	if s, ok := j.store.(*saved); ok {
		if err := s.keep(j.size); err != nil {
			return fmt.Errorf("save %s: %w", j.shown(), err)
		}
		if j.replaces {
			f.Log.Info(j.shown() + " existed with other content and was replaced")
		}
	} else if j.present {
		f.Log.Info(j.shown()+" exists already with the same SHA-256", "node", j.from)
	} else if err := f.print(ctx, j); err != nil {
		return err
	}
	if !f.First {
		f.compare(ctx, j, nodes)
	}
	return nil
}

// prepare looks in the folder for the file or a partial file from an earlier run, and
// returns the nodes in the order to ask them.
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
	if info, err := root.Lstat(j.name); err == nil && info.Mode().IsRegular() && !j.present {
		if root != f.root { // of -o, which the user gave to save in
			return nil, errors.New("it exists with other content; remove it, or give a folder with -o")
		}
		j.replaces = true
	}
	j.create = func(int64) (store, error) {
		s, err := newSaved(root, j.name)
		if err != nil {
			return nil, fmt.Errorf("cannot save the file: %w", err)
		}
		return s, nil
	}
	f.directory.moveToEnd(j.down)
	clear(j.down)
	return f.directory.nodes, nil
}
