package mtls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"peerlab/services/internal/lines"
)

// Problem is why a certificate, or a connection, is refused.
type Problem string

// The problems.
const (
	Expired   Problem = "expired"
	Foreign   Problem = "foreign" // another CA has signed it
	Revoked   Problem = "revoked"
	Unnamed   Problem = "unnamed"    // it names no process
	WrongName Problem = "wrong name" // it names another process than was wanted
	Plain     Problem = "plain"      // the other side does not use TLS
	Refused   Problem = "refused"    // by the other side, for a reason that only its log has
)

// Error is a refusal, by this side or by the other one. Its text is a sentence that names
// the certificate and the remedy.
type Error struct {
	Problem Problem
	text    string
}

func (e *Error) Error() string { return e.text }

// problem returns the refusal of a certificate, which is that of the other side.
func problem(p Problem, c *x509.Certificate, want string) *Error {
	return &Error{p, "the certificate of " + sentence(p, c, want)}
}

// sentence continues "the certificate of".
func sentence(p Problem, c *x509.Certificate, want string) string {
	name := nameOf(c)
	if name == "" {
		return "the other side names no process: make one with 'peerlab cert NAME'"
	}
	why, remedy := "does not serve for this", fmt.Sprintf("make a new one with 'peerlab cert %s'", name)
	switch p {
	case Expired:
		why = fmt.Sprintf("has expired or is not valid yet (%s to %s)", c.NotBefore.Local().Format(time.DateTime), c.NotAfter.Local().Format(time.DateTime))
	case Foreign:
		why, remedy = "is signed by another CA", "all processes need certificates that 'peerlab cert' has made in one folder"
	case Revoked:
		why = "is revoked"
	case WrongName:
		why, remedy = "answers where "+want+" was wanted", "check the address, or start "+want+" there"
	case Refused:
		why, remedy = "is not accepted", "the log of the other side says why"
	}
	return fmt.Sprintf("%s %s: %s", name, why, remedy)
}

// alerts are the texts of the alerts of RFC 8446, 6.2, by which the other side refuses
// a certificate; package tls has no constants for them.
var alerts = map[string]Problem{
	"tls: bad certificate": Refused, "tls: unsupported certificate": Refused, "tls: unknown certificate": Refused,
	"tls: revoked certificate": Revoked, "tls: expired certificate": Expired, "tls: unknown certificate authority": Foreign,
}

// explain turns an error of package tls into an Error, if it is about a certificate or
// the lack of TLS. An alert says little, but this side has its own certificate and the
// list of those that are revoked, and knows most reasons itself.
func (m *material) explain(err error) error {
	var alert *net.OpError
	var foreign *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &foreign):
		c := foreign.UnverifiedCertificates[0]
		return problem(m.check(c, time.Now()), c, "")
	case errors.As(err, &plain):
		return &Error{Plain, "the other side does not use TLS: start it with -tls DIR, or this one without"}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return lines.Refuse("timeout", "no TLS handshake for %v: the other side has no -tls, or does not run", handshakeTime)
	case errors.As(err, &alert) && alert.Op == "remote error":
		why, known := alerts[alert.Err.Error()]
		if !known {
			return err
		}
		if own := m.check(m.own.Leaf, time.Now()); why == Refused && own != "" {
			why = own
		}
		return &Error{why, "the other side refuses this process: the certificate of " + sentence(why, m.own.Leaf, "")}
	}
	return err
}
