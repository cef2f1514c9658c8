package grade

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of a submission. More is refused, not cut.
const (
	maxFiles = 10_000
	maxBytes = 256 << 20
)

// unpack copies a submission, a folder or a zip, to a folder that does not exist yet, and
// returns a hash of its content. Links are left out. All users may read the copy; only this
// one may write.
func unpack(from, to string) (hash string, err error) { return readAll(from, to) }

// contentHash returns the hash of a submission's content.
func contentHash(from string) (string, error) {
	if strings.HasPrefix(from, "image:") {
		return strings.TrimPrefix(from, "image:"), nil
	}
	return readAll(from, "")
}

// readAll is unpack, or with an empty to only reads.
func readAll(from, to string) (hash string, err error) {
	info, err := os.Stat(from)
	if err != nil {
		return "", err
	}
	var content fs.FS
	if info.IsDir() {
		content = os.DirFS(from)
	} else {
		archive, err := zip.OpenReader(from)
		if err != nil {
			return "", fmt.Errorf("%s is neither a folder nor a zip: %w", from, err)
		}
		defer archive.Close()
		content = archive
	}
	u := unpacking{to: to, sum: sha256.New()}
	if err := fs.WalkDir(content, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return u.add(content, path, entry)
	}); err != nil {
		return "", fmt.Errorf("unpacking %s: %w", from, err)
	}
	if u.files == 0 {
		return "", fmt.Errorf("%s is empty", from)
	}
	return hex.EncodeToString(u.sum.Sum(nil)), nil
}

type unpacking struct {
	to    string
	files int
	bytes int64
	sum   interface {
		io.Writer
		Sum([]byte) []byte
	}
}

func (u *unpacking) add(content fs.FS, path string, entry fs.DirEntry) error {
	if !fs.ValidPath(path) {
		return fmt.Errorf("%q is no path inside the submission", path)
	}
	to := filepath.Join(u.to, filepath.FromSlash(path))
	switch {
	case entry.IsDir():
		if path != "." && (entry.Name() == ".git" || entry.Name() == "__MACOSX") {
			return fs.SkipDir
		}
		if u.to == "" {
			return nil
		}
		return os.MkdirAll(to, 0o755)
	case !entry.Type().IsRegular():
		return nil
	}
	if u.files++; u.files > maxFiles {
		return fmt.Errorf("there are more than %d files", maxFiles)
	}
	in, err := content.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o111 != 0 || strings.HasSuffix(path, ".out") {
		mode = 0o755
	}
	var out io.WriteCloser = nowhere{}
	if u.to != "" {
		if out, err = os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode); err != nil {
			return err
		}
	}
	fmt.Fprintf(u.sum, "%q\n", path)
	n, err := io.Copy(io.MultiWriter(out, u.sum), io.LimitReader(in, maxBytes-u.bytes+1))
	if u.bytes += n; u.bytes > maxBytes {
		err = errors.Join(err, fmt.Errorf("there are more than %d MiB", maxBytes>>20))
	}
	return errors.Join(err, out.Close())
}

// nowhere is where a file is written that is only read.
type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) Close() error                { return nil }
