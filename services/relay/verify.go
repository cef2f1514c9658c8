package relay

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// verifier hashes a file while it comes in: it follows the frontier of what is
// here, in a goroutine of its own, so that hashing and fetching share the time.
type verifier struct {
	store store
	parts *spans
	// step is called with the offset now and then; all before it is on the way
	// to disk.
	step func(at int64)

	done chan struct{} // closed when run has returned; then the rest may be read
	sum  hash.Hash
	at   int64 // how far sum has got
	err  error
}

func newVerifier(s store, parts *spans, step func(at int64)) *verifier {
	return &verifier{store: s, parts: parts, step: step, sum: sha256.New(), done: make(chan struct{})}
}

// run hashes until the parts are stopped and all before the frontier is hashed.
func (v *verifier) run() {
	defer close(v.done)
	buf := make([]byte, 256<<10)
	for {
		end := v.parts.past(v.at)
		if end <= v.at {
			return
		}
		for v.at < end {
			part := buf[:min(int64(len(buf)), end-v.at)]
			if _, v.err = v.store.ReadAt(part, v.at); v.err != nil && v.err != io.EOF {
				return
			}
			v.err = nil
			v.sum.Write(part)
			v.at += int64(len(part))
		}
		if v.step != nil {
			v.step(v.at)
		}
	}
}

// finish stops the parts and returns the hash of all that is before the frontier.
func (v *verifier) finish() (sum string, at int64, err error) {
	v.parts.stop()
	<-v.done
	return hex.EncodeToString(v.sum.Sum(nil)), v.at, v.err
}

// prefixHash returns the hash of the first n bytes of a store.
func prefixHash(s store, n int64) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(s, 0, n)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
