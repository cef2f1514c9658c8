package mtls

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

// The files of a folder. The last one may be missing.
var files = [...]string{"ca.pem", "cert.pem", "key.pem", "revoked.pem"}

// material is the content of a folder.
type material struct {
	own     tls.Certificate
	name    string  // that the certificate is for
	problem Problem // for which others will refuse it; mostly ""
	roots   *x509.CertPool
	revoked map[string]bool // by serial number
	list    *big.Int        // number of the list of the revoked ones, which grows with each list; 0: there is none
}

// load reads a folder. The certificate may have expired.
func load(dir string) (*material, error) {
	root, err := block(filepath.Join(dir, files[0]))
	if err != nil {
		return nil, fmt.Errorf("%w; 'peerlab cert NAME' makes the folder for -tls", err)
	}
	ca, err := x509.ParseCertificate(root.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, files[0]), err)
	}
	m := &material{roots: x509.NewCertPool(), revoked: make(map[string]bool), list: new(big.Int)}
	m.roots.AddCert(ca)
	if m.own, err = tls.LoadX509KeyPair(filepath.Join(dir, files[1]), filepath.Join(dir, files[2])); err != nil {
		return nil, fmt.Errorf("the certificate and key in %s: %w; make them with 'peerlab cert NAME'", dir, err)
	}
	if m.name = nameOf(m.own.Leaf); m.name == "" {
		return nil, fmt.Errorf("%s names no process: make it with 'peerlab cert NAME'", filepath.Join(dir, files[1]))
	}
	if err := m.revoke(filepath.Join(dir, files[3]), ca); err != nil {
		return nil, err
	}
	if m.problem = m.check(m.own.Leaf, time.Now()); m.problem == Foreign {
		return nil, fmt.Errorf("the certificate in %s is not signed by the CA in %s: copy both from the folder that 'peerlab cert %s' makes", dir, files[0], m.name)
	}
	return m, nil
}

func block(path string) (*pem.Block, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if b, _ := pem.Decode(content); b != nil {
		return b, nil
	}
	return nil, fmt.Errorf("%s is no PEM file", path)
}

// revoke reads the list of revoked certificates. A list that the CA has not signed is
// an error, for whose sake the process must not trust more than before.
func (m *material) revoke(path string, ca *x509.Certificate) error {
	b, err := block(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	list, err := x509.ParseRevocationList(b.Bytes)
	if err == nil {
		err = list.CheckSignatureFrom(ca)
	}
	if err != nil {
		return fmt.Errorf("%s: %w; 'peerlab cert -revoke NAME' writes it", path, err)
	}
	if list.Number != nil {
		m.list = list.Number
	}
	for _, e := range list.RevokedCertificateEntries {
		m.revoked[e.SerialNumber.String()] = true
	}
	return nil
}

// nameOf returns the name that a certificate is for, or "": at most 64 letters, digits, _, -
// and ".".
func nameOf(c *x509.Certificate) string {
	if len(c.URIs) != 1 {
		return ""
	}
	name, ok := strings.CutPrefix(c.URIs[0].String(), "peerlab:")
	if !ok || len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("_-.", r) && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}) {
		return ""
	}
	return name
}

// check returns what is wrong with a certificate at a time, or "".
func (m *material) check(c *x509.Certificate, now time.Time) Problem {
	if p := m.checkChain(c, now); p != "" {
		return p
	}
	return m.checkOwner(c)
}

// checkOwner is the part of check that package tls cannot do.
func (m *material) checkOwner(c *x509.Certificate) Problem {
	switch {
	case m.revoked[c.SerialNumber.String()]:
		return Revoked
	case nameOf(c) == "":
		return Unnamed
	}
	return ""
}

func (m *material) checkChain(c *x509.Certificate, now time.Time) Problem {
	_, err := c.Verify(x509.VerifyOptions{Roots: m.roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return Expired
	}
	return Foreign
}

// stamp tells whether files have changed.
type stamp [len(files)]struct {
	size     int64
	modified time.Time
}

func stampOf(dir string) (s stamp) {
	for i, name := range files {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			s[i].size, s[i].modified = info.Size(), info.ModTime()
		}
	}
	return s
}
