package relay

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// verifier hashes a file while it is received. It follows the frontier in a goroutine
// of its own, so that hashing and receiving overlap.
type verifier struct {
	store  store
	parts  *spans
	recent *recent

	done chan struct{} // closed when run returns; then the fields below may be read
	sum  hash.Hash
	at   int64 // bytes hashed
	err  error
}

func newVerifier(s store, parts *spans) *verifier {
	return &verifier{store: s, parts: parts, recent: newRecent(), sum: sha256.New(), done: make(chan struct{})}
}

// run hashes until parts is stopped and all bytes before the frontier are hashed.
func (v *verifier) run() {
	defer close(v.done)
	defer v.recent.stop()
	for {
		end := v.parts.waitPast(v.at)
		if end <= v.at {
			return
		}
		for v.at < end {
			if v.err = v.hashSome(end); v.err != nil {
				return
			}
		}
		v.store.checkpoint(v.at)
	}
}

// hashSome hashes the next bytes, all of which are in the store up to end.
func (v *verifier) hashSome(end int64) error {
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

// finish stops parts and returns the hash of the bytes before the frontier.
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
