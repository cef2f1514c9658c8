package relay

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// partOf returns the name of the partial file of an unfinished download, and markOf
// that of its mark. File systems limit names to 255 bytes, so in a long name a hash
// replaces the end.
func partOf(name string) string {
	dir, base := path.Split(name)
	if most := 255 - len(partSuffix+markSuffix); len(base) > most {
		sum := sha256.Sum256([]byte(base))
		hash := hex.EncodeToString(sum[:8])
		base = strings.ToValidUTF8(base[:most-len(hash)], "") + hash
	}
	return dir + base + partSuffix
}

func markOf(name string) string { return partOf(name) + markSuffix }

const (
	partSuffix = ".part"
	markSuffix = ".at"
	markSize   = 20 // of a mark, in bytes: 19 digits and LF
)

// openOwn opens a partial file, a mark or a complete file. It fails if the name belongs
// to anything other than a regular file. O_NONBLOCK covers a FIFO that replaces the
// file after Lstat.
func openOwn(root *os.Root, name string, flag int) (*os.File, error) {
	if !isFileOrNothing(root, name) {
		return nil, notOwn(name)
	}
	file, err := root.OpenFile(name, flag|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil, notOwn(name)
	}
	return file, nil
}

func isFileOrNothing(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	return err != nil || info.Mode().IsRegular()
}

func notOwn(name string) error {
	return fmt.Errorf("%s exists and was not created by fetch; remove it, or give another folder with -o", quoted(name))
}

// maxMark bounds the bytes read of a mark, which has markSize bytes.
const maxMark = 64

// readMark returns the number of complete bytes in the partial file, or 0 if the mark
// is not a number.
func (s *saved) readMark() (int64, error) {
	file, err := openOwn(s.root, markOf(s.name), os.O_RDONLY)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	mark, err := io.ReadAll(io.LimitReader(file, maxMark))
	if err != nil {
		return 0, err
	}
	at, err := strconv.ParseInt(strings.TrimSpace(string(mark)), 10, 64)
	if err != nil {
		return 0, nil // the number of correct bytes is unknown
	}
	return at, nil
}

// mark records that the first at bytes of the partial file are complete. It overwrites
// the number in place, with a fixed number of digits, so that a kill at any moment
// leaves a valid mark.
func (s *saved) mark(at int64) error {
	s.marked = at
	file, err := openOwn(s.root, markOf(s.name), os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(fmt.Appendf(nil, "%019d\n", at), 0)
	return cmp.Or(err, file.Close())
}
