package mtls

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// The files of a folder. The last one may be missing.
var files = [...]string{"ca.pem", "cert.pem", "key.pem", "revoked.pem"}

// material is the content of a folder.
type material struct {
	own     tls.Certificate
	name    string // that the certificate is for
	roots   *x509.CertPool
	revoked map[string]bool // by serial number
}

// load reads a folder. The certificate may have expired.
func load(dir string) (*material, error) {
	ca, err := certificate(filepath.Join(dir, files[0]))
	if err != nil {
		return nil, err
	}
	m := &material{roots: x509.NewCertPool(), revoked: make(map[string]bool)}
	m.roots.AddCert(ca)
	leaf, err := certificate(filepath.Join(dir, files[1]))
	if err != nil {
		return nil, err
	}
	if m.name = nameOf(leaf); m.name == "" {
		return nil, fmt.Errorf("%s names no process: make it with 'peerlab cert NAME'", filepath.Join(dir, files[1]))
	}
	if m.own, err = tls.LoadX509KeyPair(filepath.Join(dir, files[1]), filepath.Join(dir, files[2])); err != nil {
		return nil, fmt.Errorf("the certificate and key in %s: %w; make them with 'peerlab cert %s'", dir, err, m.name)
	}
	if m.check(leaf, leaf.NotAfter) == Foreign {
		return nil, fmt.Errorf("the certificate in %s is not signed by the CA in %s: copy both from the folder that 'peerlab cert %s' makes", dir, files[0], m.name)
	}
	return m, m.revoke(filepath.Join(dir, files[3]), ca)
}

// certificate reads the first certificate of a PEM file.
func certificate(path string) (*x509.Certificate, error) {
	block, err := block(path)
	if err != nil {
		return nil, fmt.Errorf("%w; 'peerlab cert NAME' makes the folder for -tls", err)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
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
	for _, e := range list.RevokedCertificateEntries {
		m.revoked[e.SerialNumber.String()] = true
	}
	return nil
}

// uri is what names the owner of a certificate.
var uri = regexp.MustCompile(`^peerlab:([A-Za-z0-9][A-Za-z0-9_.-]{0,63})$`)

// nameOf returns the name that a certificate is for, or "".
func nameOf(c *x509.Certificate) string {
	if len(c.URIs) != 1 {
		return ""
	}
	if found := uri.FindStringSubmatch(c.URIs[0].String()); found != nil {
		return found[1]
	}
	return ""
}

// check returns what is wrong with a certificate at a time, or "".
func (m *material) check(c *x509.Certificate, now time.Time) Problem {
	_, err := c.Verify(x509.VerifyOptions{Roots: m.roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil && m.revoked[c.SerialNumber.String()]:
		return Revoked
	case err == nil && nameOf(c) == "":
		return Unnamed
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
