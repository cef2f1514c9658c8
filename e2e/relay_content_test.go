package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// ask has relay or node answer these requests over a connection of their own.
func ask(n network, address string, requests ...string) (said string, err error) {
	return askFrom(n, "", address, requests...)
}

// askFrom is ask by somebody at that IP.
func askFrom(n network, ip, address string, requests ...string) (said string, err error) {
	dialer := net.Dialer{Timeout: askTimeout, LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	conn, err := n.DialWith(dialer, address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	c := conn.(*net.TCPConn)
	if err := c.SetDeadline(time.Now().Add(askTimeout)); err != nil {
		return "", err
	}
	// Whoever is refused early may not take all of it; the answer says why.
	_, _ = c.Write([]byte(relayHello + strings.Join(requests, "\n") + "\n"))
	_ = c.CloseWrite()
	answer, err := io.ReadAll(c)
	return string(answer), err
}

// asked is ask for an answer that must come.
func asked(t *testing.T, n network, address string, requests ...string) string {
	t.Helper()
	said, err := ask(n, address, requests...)
	require.NoError(t, err, "%q to %s, after %q", requests, address, said)
	return said
}

// output is what a process that has ended wrote to its screen, byte for byte.
func output(p *lab.Process) string {
	var b strings.Builder
	for _, line := range p.Lines() {
		b.WriteString(line.Text)
		if !line.Cut {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// complaints are what a process that has ended wrote to its stderr, without the news
// of its log.
func complaints(p *lab.Process) string {
	var all []string
	for _, line := range p.Stderr().Lines() {
		if !strings.HasPrefix(line.Text, "INF ") {
			all = append(all, line.Text)
		}
	}
	return strings.Join(all, "\n")
}

// printed requires that the screen of a process that has ended holds exactly
// these bytes.
func (s *swarm) printed(p *lab.Process, want string) {
	s.t.Helper()
	if got := output(p); got != want {
		s.Fail("%v shows %s", p, difference(got, want))
	}
}

// difference says in a few words how two contents differ.
func difference(got, want string) string {
	n := 0
	for n < min(len(got), len(want)) && got[n] == want[n] {
		n++
	}
	return fmt.Sprintf("%d bytes instead of %d; from byte %d on %q, not %q", len(got), len(want), n,
		got[n:min(len(got), n+40)], want[n:min(len(want), n+40)])
}

// saved requires that a fetch -o . has left the file with this hash, and no
// other file of its name's beginning.
func (s *swarm) saved(p *lab.Process, name, hash string) {
	s.t.Helper()
	if got := s.hashed(p.Path(name)); got != hash {
		s.Fail("%v has saved %s with the hash %s, not %s", p, name, got, hash)
	}
	beside, err := filepath.Glob(p.Path(name + "*"))
	require.NoError(s.t, err)
	require.Equal(s.t, []string{p.Path(name)}, beside, "it is done, and tidied up")
}

// hashed is the hash of a file.
func (s *swarm) hashed(path string) string {
	s.t.Helper()
	file, err := os.Open(path)
	require.NoError(s.t, err)
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	require.NoError(s.t, err)
	return hex.EncodeToString(sum.Sum(nil))
}

// random writes a file of so many bytes that look like noise, the same for the
// same seed, and returns its hash.
func (s *swarm) random(path string, count int64, seed byte) (hash string) {
	s.t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	require.NoError(s.t, err)
	defer file.Close()
	sum := sha256.New()
	_, err = io.CopyBuffer(io.MultiWriter(file, sum), io.LimitReader(rand.NewChaCha8([32]byte{seed}), count), make([]byte, 1<<20))
	require.NoError(s.t, err)
	require.NoError(s.t, file.Close())
	return hex.EncodeToString(sum.Sum(nil))
}

// noise is random in memory.
func noise(count int, seed byte) string {
	b := make([]byte, count)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b) // never fails
	return string(b)
}

// noiseText is noise in letters, one long line.
func noiseText(count int, seed byte) string {
	return hex.EncodeToString([]byte(noise((count+1)/2, seed)))[:count]
}

func hashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// harmless requires that nothing on these screens can steer a terminal.
func harmless(t *testing.T, screens ...lab.Screen) {
	t.Helper()
	steers := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
	for _, s := range screens {
		for _, line := range s.Lines() {
			require.True(t, utf8.ValidString(line.Text), "%v %q", s, line.Text)
			require.False(t, strings.ContainsFunc(line.Text, steers), "%v %q", s, line.Text)
		}
	}
}
