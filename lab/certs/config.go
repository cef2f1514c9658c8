package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Config returns how a process with the certificate of a folder speaks TLS 1.3 with the
// process named peer, at either side: both show a certificate of the folder's CA. The folder
// is as [Dir.Issue] makes it; its files are read again for each connection at the side that
// listens, and once at the other one.
func Config(folder, peer string) (*tls.Config, error) {
	c, err := read(folder, peer)
	if err != nil {
		return nil, err
	}
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return read(folder, peer) }
	return c, nil
}

func read(folder, peer string) (*tls.Config, error) {
	own, err := tls.LoadX509KeyPair(filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"))
	if err != nil {
		return nil, fmt.Errorf("the certificate in %s: %w: make one with 'peerlab cert'", folder, err)
	}
	ca, err := os.ReadFile(filepath.Join(folder, caFile))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("%s in %s has no certificate", caFile, folder)
	}
	revoked, err := readRevoked(folder)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAnyClientCert,
		InsecureSkipVerify: true, // VerifyConnection does it: names are URIs here, not those of hosts
		VerifyConnection: func(s tls.ConnectionState) error {
			return check(s.PeerCertificates[0], roots, revoked, peer)
		},
	}, nil
}

// readRevoked returns the list of revoked certificates of a folder, without one an empty list.
func readRevoked(folder string) ([]x509.RevocationListEntry, error) {
	b, err := readPEM(filepath.Join(folder, revokedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, err := x509.ParseRevocationList(b)
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w", revokedFile, folder, err)
	}
	return list.RevokedCertificateEntries, nil
}

// check returns why a certificate is not that of the process named peer, or nil.
func check(c *x509.Certificate, roots *x509.CertPool, revoked []x509.RevocationListEntry, peer string) error {
	if _, err := c.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, CurrentTime: time.Now()}); err != nil {
		return fmt.Errorf("the certificate of the other side: %w", err)
	}
	if len(c.URIs) != 1 || c.URIs[0].String() != "peerlab:"+peer {
		return fmt.Errorf("the certificate of the other side names %v, not peerlab:%s", c.URIs, peer)
	}
	if slices.ContainsFunc(revoked, func(r x509.RevocationListEntry) bool { return r.SerialNumber.Cmp(c.SerialNumber) == 0 }) {
		return fmt.Errorf("the certificate of %s is revoked", peer)
	}
	return nil
}
