package console

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
	"unicode/utf8"

	"peerlab/lab"
)

// maxCast bounds the file of one terminal, in bytes of output; castEnds is its last output then.
const (
	maxCast  = 32 << 20
	castEnds = "\r\n\x1b[0;2m[the recording ends here: it is 32 MiB]\x1b[0m\n"
)

// casts writes what each terminal shows as an asciicast, version 3, which asciinema plays:
// https://docs.asciinema.org/manual/asciicast/v3/. The methods may be called by any
// goroutine.
type casts struct {
	mu     sync.Mutex
	folder string // "" for no files
	open   map[string]*cast
}

// cast is the file of one terminal.
type cast struct {
	path string
	file *os.File
	out  *bufio.Writer
	at   time.Time // of the last event
	part []byte    // of a character that is not complete
	size int
	err  error // the first
}

func newCasts(folder string) *casts { return &casts{folder: folder, open: make(map[string]*cast)} }

// output adds what a terminal shows.
func (c *casts) output(name string, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.folder == "" {
		return
	}
	x := c.open[name]
	if x == nil {
		x = newCast(filepath.Join(c.folder, name+".cast"), name)
		c.open[name] = x
	}
	x.add(time.Now(), b)
}

func newCast(path, name string) *cast {
	x := &cast{path: path, at: time.Now()}
	if x.file, x.err = os.Create(path); x.err != nil {
		return x
	}
	x.out = bufio.NewWriter(x.file)
	x.write(map[string]any{
		"version": 3, "term": map[string]int{"cols": lab.TerminalCols, "rows": lab.TerminalRows},
		"timestamp": x.at.Unix(), "title": name,
	})
	return x
}

func (x *cast) write(v any) {
	if x.err != nil {
		return
	}
	b, err := json.Marshal(v)
	if err == nil {
		_, err = x.out.Write(append(b, '\n'))
	}
	x.err = err
}

// add writes output: whole characters, and a carriage return before each line end, which
// the terminals of the lab do not add.
func (x *cast) add(now time.Time, b []byte) {
	if x.size > maxCast {
		return
	}
	if x.size += len(b); x.size > maxCast {
		b = []byte(castEnds)
	}
	b = append(x.part, b...)
	x.part = nil
	if tail := incomplete(b); tail > 0 {
		x.part = bytes.Clone(b[len(b)-tail:])
		b = b[:len(b)-tail]
	}
	text := bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	interval := now.Sub(x.at).Round(time.Millisecond)
	x.at = x.at.Add(interval)
	x.write([]any{interval.Seconds(), "o", string(text)})
}

// incomplete returns how many bytes at the end of b begin a character and do not end it.
func incomplete(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// files returns the paths of the casts by their names in a saved run, with all that was
// added so far.
func (c *casts) files() (map[string]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]string, len(c.open))
	var errs []error
	for name, x := range c.open {
		if x.err == nil {
			x.err = x.out.Flush()
		}
		if x.err != nil {
			errs = append(errs, fmt.Errorf("the cast of %s: %w", name, x.err))
			continue
		}
		all[name+".cast"] = x.path
	}
	return all, errors.Join(errs...)
}

// close closes the files.
func (c *casts) close() error {
	_, err := c.files()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.open {
		if x.file != nil {
			err = errors.Join(err, x.file.Close())
		}
	}
	clear(c.open)
	c.folder = ""
	return err
}
