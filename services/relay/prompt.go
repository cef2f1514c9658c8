package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"peerlab/services/internal/lines"
)

// promptHelp is the output of the command help.
const promptHelp = `NAME         print the file of that name
save NAME    save it in %s
list         list the files of every node
help         show this help
quit         exit, like Ctrl-D
To print a file called "list", type "./list".
`

// errQuit means that the user typed quit.
var errQuit = errors.New("quit")

// Prompt runs the commands typed on in, a line each, until the end of input or until
// ctx is cancelled. A line is the name of a file to fetch or a command of promptHelp.
// Errors are written to Err and do not stop it. At the end of input it returns an
// error with the number of files that failed. Its reading goroutine exits when
// in.Next fails.
func (f *Fetch) Prompt(ctx context.Context, in lines.Source) error {
	f.lister = "list"
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	typed := make(chan string) // while a file is fetched, further lines stay in the input
	go func() {
		defer close(typed)
		if err := readTyped(ctx, in, typed, f.Err); !errors.Is(err, io.EOF) {
			cancel() // stops a running transfer
		}
	}()
	asked, failed := 0, 0
	for {
		select {
		case line, ok := <-typed:
			switch {
			case ok:
			case ctx.Err() != nil: // the user has left
				return nil
			default:
				return notFetched(failed, asked)
			}
			isFile, err := f.do(ctx, line)
			if errors.Is(err, errQuit) {
				return nil
			}
			if isFile {
				asked++
			}
			if err != nil && ctx.Err() == nil {
				if isFile {
					failed++
				}
				f.printError(err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// do runs the command on a line and reports whether it was to fetch a file.
func (f *Fetch) do(ctx context.Context, line string) (isFile bool, err error) {
	command := strings.TrimSpace(line)
	switch command {
	case "":
		return false, nil
	case "help":
		_, err := fmt.Fprintf(f.Err, promptHelp, f.saveDir())
		return false, err
	case "list":
		return false, f.List(ctx)
	case "quit":
		return false, errQuit
	case "save":
		return false, errors.New("save what? type: save NAME")
	}
	if name, ok := strings.CutPrefix(command, "save "); ok {
		return true, f.save(ctx, name)
	}
	return true, f.firstOf(ctx, typedNames(line), f.root)
}

// saveDir returns the folder that save uses.
func (f *Fetch) saveDir() string {
	dir := f.Dir
	if dir == "" {
		dir = "."
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return dir
}

// save fetches a file and saves it in the folder of -o or the working directory.
func (f *Fetch) save(ctx context.Context, typed string) error {
	root := f.root
	if root == nil {
		var err error
		if root, err = os.OpenRoot("."); err != nil {
			return err
		}
		defer root.Close()
	}
	if err := f.firstOf(ctx, typedNames(typed), root); err != nil {
		return err
	}
	f.Log.Info("saved in " + f.saveDir())
	return nil
}

func readTyped(ctx context.Context, in lines.Source, typed chan<- string, errs io.Writer) error {
	for {
		line, err := in.Next()
		switch {
		case errors.Is(err, lines.ErrTooLong):
			if _, err := in.SkipLine(); err != nil {
				return err
			}
			fmt.Fprintf(errs, "fetch: a name has at most %d bytes\n", maxName)
		case err != nil:
			return err
		case len(line) > 0:
			select {
			case typed <- string(line):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}
