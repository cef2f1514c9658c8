// Package certs makes the certificates of a lab's processes: a CA, short-lived certificates
// whose URI peerlab:NAME names a process, and the list of those that are revoked. The CA and
// the list are kept in one folder, which has a folder for each name: the process of that name
// reads it with -tls. docs/security.md says what the certificates protect from.
package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	caFile, caKeyFile = "ca.pem", "ca-key.pem"
	revokedFile       = "revoked.pem"
	issuedFile        = "issued.txt" // a line NAME SERIAL for each certificate

	caLife = 10 * 365 * 24 * time.Hour
	skew   = 5 * time.Minute // clocks of other machines may be behind by this
)

// Dir is the folder of a CA. One process at a time may use it.
type Dir string

// named matches the names of processes.
var named = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// Issue makes a certificate that is valid for a time, and its key, in the folder of the
// name. The first call makes the CA. A process that already uses the folder changes to the
// new certificate by itself.
func (d Dir) Issue(name string, life time.Duration) error {
	if !named.MatchString(name) || strings.HasSuffix(name, ".pem") {
		return fmt.Errorf("%q is no name of a process: letters, digits, _, - and ., such as server, client1, relay, node1", name)
	}
	ca, signer, err := d.authority()
	if err != nil {
		return err
	}
	key, private, err := newKey()
	if err != nil {
		return err
	}
	serial := serialNumber()
	cert, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, URIs: []*url.URL{{Scheme: "peerlab", Opaque: name}},
		NotBefore: time.Now().Add(-skew), NotAfter: time.Now().Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}, ca, key.Public(), signer)
	if err != nil {
		return fmt.Errorf("certificate of %s: %w", name, err)
	}
	if err := d.record(name, serial); err != nil {
		return err
	}
	if err := os.MkdirAll(d.path(name), 0o755); err != nil {
		return err
	}
	if list, err := os.ReadFile(d.path(revokedFile)); err == nil {
		if err := write(d.path(name, revokedFile), list, 0o644); err != nil {
			return err
		}
	}
	return errors.Join(
		writePEM(d.path(name, caFile), "CERTIFICATE", ca.Raw, 0o644),
		writePEM(d.path(name, "key.pem"), "PRIVATE KEY", private, 0o600),
		writePEM(d.path(name, "cert.pem"), "CERTIFICATE", cert, 0o644),
	)
}

// Revoke adds all certificates that were issued for the name so far to the list, and writes
// that into the folders of all names. A certificate that is issued later is valid.
func (d Dir) Revoke(name string) error {
	issued, err := os.ReadFile(d.path(issuedFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	ca, signer, err := d.authority()
	if err != nil {
		return err
	}
	var revoked []x509.RevocationListEntry
	for line := range strings.Lines(string(issued)) {
		of, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		if serial, ok := new(big.Int).SetString(number, 16); ok && of == name {
			revoked = append(revoked, x509.RevocationListEntry{SerialNumber: serial, RevocationTime: time.Now()})
		}
	}
	if len(revoked) == 0 {
		return fmt.Errorf("%s has issued no certificate for %s", d, name)
	}
	before, err := readPEM(d.path(revokedFile))
	if err == nil {
		list, err := x509.ParseRevocationList(before)
		if err != nil {
			return fmt.Errorf("%s: %w", d.path(revokedFile), err)
		}
		revoked = append(revoked, list.RevokedCertificateEntries...)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(time.Now().UnixNano()), ThisUpdate: time.Now().Add(-skew), NextUpdate: ca.NotAfter,
		RevokedCertificateEntries: revoked,
	}, ca, signer)
	if err != nil {
		return fmt.Errorf("list of revoked certificates: %w", err)
	}
	folders, _ := filepath.Glob(d.path("*", "cert.pem")) // fails only if the pattern is wrong
	for _, folder := range append(folders, d.path(caFile)) {
		if err := writePEM(filepath.Join(filepath.Dir(folder), revokedFile), "X509 CRL", list, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (d Dir) path(parts ...string) string {
	return filepath.Join(append([]string{string(d)}, parts...)...)
}

// record notes the serial number of a certificate, for Revoke.
func (d Dir) record(name string, serial *big.Int) error {
	f, err := os.OpenFile(d.path(issuedFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %x\n", name, serial)
	return errors.Join(err, f.Close())
}

// authority returns the CA and its key, and makes them if the folder has neither.
func (d Dir) authority() (*x509.Certificate, crypto.Signer, error) {
	cert, err := readPEM(d.path(caFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(d.path(caKeyFile)); err == nil {
			return nil, nil, fmt.Errorf("%s is missing, and its key is there: put it back, or use another folder for a new CA", d.path(caFile))
		}
		if err := d.found(); err != nil {
			return nil, nil, fmt.Errorf("make a CA in %s: %w", d, err)
		}
		cert, err = readPEM(d.path(caFile))
	}
	if err != nil {
		return nil, nil, err
	}
	private, err := readPEM(d.path(caKeyFile))
	if err != nil {
		return nil, nil, err
	}
	ca, err := x509.ParseCertificate(cert)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", d.path(caFile), err)
	}
	key, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", d.path(caKeyFile), err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, nil, fmt.Errorf("%s has no key that can sign", d.path(caKeyFile))
	}
	return ca, signer, nil
}

// found makes the CA.
func (d Dir) found() error {
	if err := os.MkdirAll(string(d), 0o755); err != nil {
		return err
	}
	key, private, err := newKey()
	if err != nil {
		return err
	}
	ca := &x509.Certificate{
		SerialNumber: serialNumber(), Subject: pkix.Name{CommonName: "peerlab CA"},
		NotBefore: time.Now().Add(-skew), NotAfter: time.Now().Add(caLife),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		return err
	}
	if err := writePEM(d.path(caKeyFile), "PRIVATE KEY", private, 0o600); err != nil {
		return err
	}
	return writePEM(d.path(caFile), "CERTIFICATE", cert, 0o644)
}

// serialNumber returns 128 random bits.
func serialNumber() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return new(big.Int).SetBytes(b)
}

// newKey returns a key, also as its file has it. With Ed25519 a process would compute tables
// for a millisecond when it starts.
func newKey() (key *ecdsa.PrivateKey, private []byte, err error) {
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err == nil {
		private, err = x509.MarshalPKCS8PrivateKey(key)
	}
	return key, private, err
}

func readPEM(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	b, _ := pem.Decode(content)
	if b == nil {
		return nil, fmt.Errorf("%s is no PEM file", path)
	}
	return b.Bytes, nil
}

func writePEM(path, kind string, content []byte, mode fs.FileMode) error {
	return write(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), mode)
}

// write replaces a file as a whole.
func write(path string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails if it was renamed
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
