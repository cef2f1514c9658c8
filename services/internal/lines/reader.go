// Package lines reads and cleans lines of text from programs and people that
// are not trusted: every line has a bound, a line that was cut is never handed
// out, and nothing in it can steer a terminal.
package lines

import (
	"bytes"
	"errors"
	"io"
)

const (
	firstBuffer = 2 << 10  // what an idle connection costs
	bulkBuffer  = 64 << 10 // what a busy one may grow to for the sake of speed

	fullReads = 16 // reads in a row that fill the buffer are bulk, and not only a burst,
	lowReads  = 4  // and after so many that leave three quarters of it empty it is too large
)

// ErrTooLong is the error of a line that exceeds the Reader's bound. The Reader
// stays usable: SkipLine drops the rest of that line.
var ErrTooLong = errors.New("line too long")

// errStalled is what a source gets that returns neither bytes nor an error.
var errStalled = errors.New("reads return nothing")

// Reader reads lines from a stream, and returns them without their LF or CRLF.
//
// Unlike bufio.Scanner and net/textproto it distinguishes a complete line from one
// that was cut off by the end of the stream, and its memory is bounded by the
// longest line or 64 KiB, whichever is more, for any input.
// The buffer starts at 2 KiB, grows for a longer line and when reads keep filling
// it, and is small again when they have become small.
//
// A Reader is for one goroutine at a time.
type Reader struct {
	src io.Reader
	max int

	buf  []byte
	r, w int   // buf[r:w] has been read and not been handed out
	seen int   // buf[r:r+seen] holds no LF
	full int   // reads in a row that have filled buf
	low  int   // reads in a row after which three quarters of it were empty
	peak int   // the most that was in it after one of these
	err  error // of src, handed out once the buffer is used up
}

// NewReader returns a Reader of src whose lines hold at most max bytes, line
// end not counted.
func NewReader(src io.Reader, max int) *Reader {
	return &Reader{src: src, max: max, buf: make([]byte, min(firstBuffer, max+2))}
}

// Next returns the next line; the bytes are good until the next call. At the
// end of the stream it returns io.EOF, or io.ErrUnexpectedEOF when the last line
// was cut off before its LF. Any other error is ErrTooLong or the source's own.
func (r *Reader) Next() ([]byte, error) {
	for {
		if line, ok := r.cut(); ok {
			if len(line) > r.max {
				return nil, ErrTooLong
			}
			return line, nil
		}
		// The byte after the last one allowed may only be the CR of a CRLF.
		if held := r.buf[r.r:r.w]; len(held) > r.max+1 || len(held) == r.max+1 && held[r.max] != '\r' {
			return nil, ErrTooLong
		}
		if r.err != nil {
			if r.err == io.EOF && r.w > r.r {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, r.err
		}
		r.fill()
	}
}

// Ready reports whether Next can return a line without reading from the source.
func (r *Reader) Ready() bool {
	i := bytes.IndexByte(r.buf[r.r+r.seen:r.w], '\n')
	if i < 0 {
		r.seen = r.w - r.r
		return false
	}
	r.seen += i // Next need not look for it again
	return true
}

// Rest returns the bytes after the last line end, to which io.ErrUnexpectedEOF
// refers. They are valid until the next call.
func (r *Reader) Rest() []byte { return r.buf[r.r:r.w] }

// Read hands out the bytes that follow the last line as they are, for protocols
// in which a line counts the bytes behind it. Once those that have been read
// ahead are used up it reads straight from the source into b.
func (r *Reader) Read(b []byte) (int, error) {
	if r.w > r.r {
		n := copy(b, r.buf[r.r:r.w])
		r.r += n
		r.seen = 0
		return n, nil
	}
	if r.err != nil {
		return 0, r.err
	}
	return r.src.Read(b)
}

// SkipLine drops everything up to and with the next LF, in constant memory, and
// returns how many bytes that was. Its errors are those of the source.
func (r *Reader) SkipLine() (int64, error) {
	var dropped int64
	for {
		if i := bytes.IndexByte(r.buf[r.r:r.w], '\n'); i >= 0 {
			r.r += i + 1
			r.seen = 0
			return dropped + int64(i) + 1, nil
		}
		dropped += int64(r.w - r.r)
		r.r, r.w, r.seen = 0, 0, 0
		if r.err != nil {
			return dropped, r.err
		}
		r.fill()
	}
}

// cut takes one line off the buffer. A line that is over the bound stays there
// for SkipLine.
func (r *Reader) cut() ([]byte, bool) {
	i := bytes.IndexByte(r.buf[r.r+r.seen:r.w], '\n')
	if i < 0 {
		r.seen = r.w - r.r
		return nil, false
	}
	line := r.buf[r.r : r.r+r.seen+i]
	next := r.r + r.seen + i + 1
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) <= r.max {
		r.r, r.seen = next, 0
	}
	return line, true
}

// fill reads once. It moves the unread bytes to the front first.
func (r *Reader) fill() {
	if r.r > 0 {
		copy(r.buf, r.buf[r.r:r.w])
		r.r, r.w = 0, r.w-r.r
	}
	r.fit()
	for range 100 {
		n, err := r.src.Read(r.buf[r.w:])
		r.w += n
		if err != nil {
			r.err = err
			return
		}
		if n > 0 {
			r.measure()
			return
		}
	}
	r.err = errStalled
}

// fit sees to it that the buffer has the size for the next read.
func (r *Reader) fit() {
	size := len(r.buf)
	switch {
	case r.w == size, r.full >= fullReads:
		size = min(2*size, max(bulkBuffer, r.max+2))
	case r.low >= lowReads && size > firstBuffer:
		size = max(firstBuffer, 2*r.peak)
	}
	if size != len(r.buf) && size > r.w {
		buf := make([]byte, size)
		copy(buf, r.buf[:r.w])
		r.buf = buf
		r.low, r.peak = 0, 0
	}
}

// measure takes note of how a read has left the buffer.
func (r *Reader) measure() {
	if r.w == len(r.buf) {
		r.full++
	} else {
		r.full = 0
	}
	if r.w > len(r.buf)/4 {
		r.low, r.peak = 0, 0
	} else {
		r.low++
		r.peak = max(r.peak, r.w)
	}
}
