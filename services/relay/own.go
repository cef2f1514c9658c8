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

// partOf is the name of what is there of a file until it is whole; markOf that of
// its mark. A file system takes 255 bytes for a name, so that of a long one is
// cut, and its hash put in place of what is missing.
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
	markSize   = 20 // of a mark, in bytes: 19 digits and the end of the line
)

// openOwn opens a file of fetch's own, if there is nothing else under its name. A
// FIFO is not opened, and not even one that has just come there is waited for.
func openOwn(root *os.Root, name string, flag int) (*os.File, error) {
	if !isFileOrNothing(root, name) {
		return nil, notOurs(name)
	}
	file, err := root.OpenFile(name, flag|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil, notOurs(name)
	}
	return file, nil
}

func isFileOrNothing(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	return err != nil || info.Mode().IsRegular()
}

func notOurs(name string) error {
	return fmt.Errorf("%s is there and is not of fetch's making; remove it, or give another folder with -o", quoted(name))
}

// maxMark is more than a mark has: a number, and the end of its line.
const maxMark = 64

// readMark returns how far the file has got; 0 if the mark is no number.
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
		return 0, nil // nobody knows how much of the part is right
	}
	return at, nil
}

// mark writes down how far the file has got, always in as many digits and over
// what was there: there is no moment at which a kill leaves a mark without a number.
func (s *saved) mark(at int64) error {
	s.marked = at
	file, err := openOwn(s.root, markOf(s.name), os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(fmt.Appendf(nil, "%019d\n", at), 0)
	return cmp.Or(err, file.Close())
}
