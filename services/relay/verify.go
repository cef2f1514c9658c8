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
	store  store
	parts  *spans
	recent *recent

	done chan struct{} // closed when run has returned; then the rest may be read
	sum  hash.Hash
	at   int64 // how far sum has got
	err  error
}

func newVerifier(s store, parts *spans) *verifier {
	return &verifier{store: s, parts: parts, recent: newRecent(), sum: sha256.New(), done: make(chan struct{})}
}

// run hashes until the parts are stopped and all before the frontier is hashed.
func (v *verifier) run() {
	defer close(v.done)
	defer v.recent.stop()
	for {
		end := v.parts.past(v.at)
		if end <= v.at {
			return
		}
		for v.at < end {
			if v.err = v.some(end); v.err != nil {
				return
			}
		}
		v.store.step(v.at)
	}
}

// some hashes some of the bytes before end, which are all in the store.
func (v *verifier) some(end int64) error {
	part, here := v.recent.take(end - v.at)
	defer v.recent.free(part)
	if !here {
		if n, err := v.store.ReadAt(part, v.at); n < len(part) {
			return err
		}
	}
	v.sum.Write(part)
	v.at += int64(len(part))
	return nil
}

// finish stops the parts and returns the hash of all that is before the frontier.
func (v *verifier) finish() (string, error) {
	v.parts.stop()
	<-v.done
	return hex.EncodeToString(v.sum.Sum(nil)), v.err
}

// sumOf returns the hash of a part of a store.
func sumOf(s store, p span) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(s, p.from, p.to-p.from)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
