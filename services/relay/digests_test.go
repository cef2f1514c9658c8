package relay

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"peerlab/services/internal/lines"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// open opens a file of a folder; the test closes it.
func open(t *testing.T, dir, name string) (*os.File, version) {
	t.Helper()
	f, err := openFolder(dir)
	require.NoError(t, err)
	defer f.close()
	file, v, err := f.open(name)
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	return file, v
}

// counted returns digests that count how often a file is read.
func counted() (*digests, *atomic.Int32) {
	d, reads := newDigests(), &atomic.Int32{}
	d.now = longAfter
	d.read = func(ctx context.Context, file io.ReaderAt, n int64) (string, error) {
		reads.Add(1)
		return hashPrefix(ctx, file, n)
	}
	return d, reads
}

// longAfter is a clock that runs an hour ahead, so that no file has changed recently.
func longAfter() time.Time { return time.Now().Add(time.Hour) }

func TestDigestIsComputedOnce(t *testing.T) {
	for name, size := range map[string]int{"empty": 0, "small": 1000, "large": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			content := noise(size, 3)
			dir := folderOf(t, "a", content)
			file, v := open(t, dir, "a")
			d, reads := counted()
			require.Equal(t, unknown, d.peek(v))
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() { d.ahead(t.Context(), file, v) })
				all.Go(func() {
					own, v := open(t, dir, "a") // as another connection does
					hash, err := d.of(t.Context(), own, v)
					assert.NoError(t, err)
					assert.Equal(t, hashed(content), hash)
				})
			}
			all.Wait()
			d.wait()
			require.Equal(t, int32(1), reads.Load())
			require.Equal(t, hashed(content), d.peek(v))
		})
	}
}

func TestDigestOfEachVersion(t *testing.T) {
	dir := folderOf(t, "a", "one")
	d, reads := counted()
	file, v := open(t, dir, "a")
	hash, err := d.of(t.Context(), file, v)
	require.NoError(t, err)
	require.Equal(t, hashed("one"), hash)
	write(t, filepath.Join(dir, "a"), "two") // the same size and inode
	require.NoError(t, os.Chtimes(filepath.Join(dir, "a"), time.Unix(0, v.mtime), time.Unix(0, v.mtime)))
	file, changed := open(t, dir, "a")
	require.NotEqual(t, v, changed, "a version differs even if its modification time is set back")
	require.Equal(t, unknown, d.peek(changed))
	hash, err = d.of(t.Context(), file, changed)
	require.NoError(t, err)
	require.Equal(t, hashed("two"), hash)
	require.Equal(t, int32(2), reads.Load())
	require.Equal(t, hashed("one"), d.peek(v))
}

// A file that changes while it is read has no hash, and no digest is stored.
func TestDigestOfAFileThatChanges(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"grows":      func(path string) error { return os.Truncate(path, 1<<20) },
		"shrinks":    func(path string) error { return os.Truncate(path, 10) },
		"is written": func(path string) error { return os.WriteFile(path, []byte(noise(200<<10, 5)), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := folderOf(t, "a", noise(200<<10, 4))
			file, v := open(t, dir, "a")
			d := newDigests()
			d.read = func(ctx context.Context, file io.ReaderAt, n int64) (string, error) {
				assert.NoError(t, change(filepath.Join(dir, "a")))
				return hashPrefix(ctx, file, n)
			}
			_, err := d.of(t.Context(), file, v)
			require.True(t, lines.IsRefusal(err, "changed"), err)
			require.Equal(t, unknown, d.peek(v))
			require.Empty(t, d.known)
			d.ahead(t.Context(), file, v)
			d.wait()
			require.Empty(t, d.known)
		})
	}
}

func TestDigestOfAnUnreadableFile(t *testing.T) {
	dir := folderOf(t, "a", "content")
	file, v := open(t, dir, "a")
	d, broken := newDigests(), errors.New("input/output error")
	d.read = func(context.Context, io.ReaderAt, int64) (string, error) { return "", broken }
	_, err := d.of(t.Context(), file, v)
	require.ErrorIs(t, err, broken)
	d.read = hashPrefix
	hash, err := d.of(t.Context(), file, v)
	require.NoError(t, err, "the next call reads the file again")
	require.Equal(t, hashed("content"), hash)
}

// At most maxHashing large files are hashed at a time. A caller of ahead that finds
// no free slot goes without a digest; a small file never waits for a slot.
func TestFewFilesAreHashedAtATime(t *testing.T) {
	dir := folderOf(t, "large", noise(smallFile+1, 6), "other", noise(smallFile+2, 7), "small", "s")
	file, v := open(t, dir, "large")
	other, w := open(t, dir, "other")
	small, u := open(t, dir, "small")
	d := newDigests()
	for range maxHashing - 1 {
		d.room <- struct{}{}
	}
	reading, goOn := make(chan struct{}), make(chan struct{})
	d.read = func(ctx context.Context, file io.ReaderAt, n int64) (string, error) {
		if n > smallFile {
			reading <- struct{}{}
			<-goOn
		}
		return hashPrefix(ctx, file, n)
	}
	d.ahead(t.Context(), file, v) // uses the last slot
	<-reading
	d.ahead(t.Context(), other, w)
	require.Len(t, d.known, 1, "no slot was free for the other file")
	hash, err := d.of(t.Context(), small, u)
	require.NoError(t, err)
	require.Equal(t, hashed("s"), hash)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = d.of(ctx, other, w)
	require.ErrorIs(t, err, context.Canceled, "of waits for a free slot")
	_, err = d.prefix(ctx, other, w, smallFile+1)
	require.ErrorIs(t, err, context.Canceled, "prefix waits for a free slot for a large prefix")
	hash, err = d.prefix(t.Context(), other, w, 1)
	require.NoError(t, err)
	require.Equal(t, hashed(noise(1, 7)), hash)
	_, err = d.of(ctx, file, v)
	require.ErrorIs(t, err, context.Canceled, "of returns when its context ends")
	goOn <- struct{}{}
	d.wait()
	require.Len(t, d.room, maxHashing-1)
	require.NotEqual(t, unknown, d.peek(v))
	require.Equal(t, unknown, d.peek(w))
	d.read = hashPrefix
	_, err = d.of(t.Context(), other, w)
	require.NoError(t, err)
	require.Len(t, d.room, maxHashing-1)
}

func TestDigestEndsWithTheNode(t *testing.T) {
	dir := folderOf(t, "a", strings.Repeat("x", 1<<20))
	file, v := open(t, dir, "a")
	d := newDigests()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.ahead(ctx, file, v)
	d.wait()
	require.Empty(t, d.known)
	require.Empty(t, d.room)
}

func TestDigestsAreForgotten(t *testing.T) {
	file, v := open(t, folderOf(t, "a", "content"), "a")
	d, reads := counted()
	for i := range maxDigests {
		_, mine := d.take(version{ino: uint64(i + 1), dev: ^uint64(0)})
		require.True(t, mine)
	}
	require.Len(t, d.known, maxDigests)
	_, err := d.of(t.Context(), file, v)
	require.NoError(t, err)
	require.Len(t, d.known, 1)
	_, err = d.of(t.Context(), file, v)
	require.NoError(t, err)
	require.Equal(t, int32(1), reads.Load())
}

func TestHashPrefix(t *testing.T) {
	content := noise(2*hashBuffer+100, 8)
	file, _ := open(t, folderOf(t, "a", content), "a")
	for _, n := range []int{0, 1, hashBuffer, hashBuffer + 1, len(content)} {
		hash, err := hashPrefix(t.Context(), file, int64(n))
		require.NoError(t, err)
		require.Equal(t, hashed(content[:n]), hash)
	}
	_, err := hashPrefix(t.Context(), file, int64(len(content)+1))
	require.True(t, lines.IsRefusal(err, "changed"))
}

func TestDigestOfAPrefix(t *testing.T) {
	content := noise(smallFile+10, 8)
	dir := folderOf(t, "a", content)
	file, v := open(t, dir, "a")
	d, reads := counted()
	for _, n := range []int{0, 1, smallFile, smallFile + 9, len(content), len(content)} {
		hash, err := d.prefix(t.Context(), file, v, int64(n))
		require.NoError(t, err)
		require.Equal(t, hashed(content[:n]), hash)
		require.Equal(t, unknown, d.peek(v), "the digest of a prefix is not stored")
	}
	require.Equal(t, int32(6), reads.Load(), "each call reads the file")
	d.read = func(ctx context.Context, file io.ReaderAt, n int64) (string, error) {
		write(t, filepath.Join(dir, "a"), content[:smallFile]+"changed")
		return hashPrefix(ctx, file, n)
	}
	_, err := d.prefix(t.Context(), file, v, 10)
	require.True(t, lines.IsRefusal(err, "changed"), err)
	require.Empty(t, d.room)
}
