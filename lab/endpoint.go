package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cpuguy83/dockercfg"
)

// defaultContext is the docker context that stands for the engine's usual
// socket; it has no file.
const defaultContext = "default"

// endpoint is a container engine, as the docker command line finds it.
type endpoint struct {
	context string // the docker context that names it; "" if none does
	host    string // "" for the engine's usual socket
	certs   string // folder of ca.pem, cert.pem and key.pem; "" without TLS
	verify  bool   // whether the engine's certificate is checked
}

// findEndpoint chooses the engine by the docker command line's rules:
// DOCKER_HOST, then the context that DOCKER_CONTEXT names, then the
// currentContext of config.json in the folder DOCKER_CONFIG (~/.docker), then
// the usual socket. testcontainers v0.44 reads no contexts, and its fallback is
// another engine, so the lab chooses itself.
func findEndpoint() (endpoint, error) {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		if err := reachable(host); err != nil {
			return endpoint{}, fmt.Errorf("DOCKER_HOST: %w", err)
		}
		return endpoint{host: host}, nil
	}
	path, err := dockercfg.ConfigPath()
	if err != nil {
		return endpoint{}, fmt.Errorf("the docker configuration: %w", err)
	}
	name, from := os.Getenv("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
	if name == "" {
		var config dockercfg.Config
		if err := dockercfg.FromFile(path, &config); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return endpoint{}, fmt.Errorf("the docker configuration %s: %w: mend or remove it", path, err)
		}
		name, from = config.CurrentContext, "currentContext in "+path
	}
	if name == "" || name == defaultContext {
		return endpoint{}, nil
	}
	e, err := readContext(filepath.Join(filepath.Dir(path), "contexts"), name)
	if err != nil {
		return endpoint{}, fmt.Errorf("docker context %q, from %s: %w", name, from, err)
	}
	return e, nil
}

// readContext reads the docker endpoint of a context below dir, where the
// docker command line keeps it under the SHA-256 of its name.
func readContext(dir, name string) (endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	path := filepath.Join(dir, "meta", id, "meta.json")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return endpoint{}, errors.New("there is no such context: 'docker context ls' lists those there are, " +
			"'docker context use default' chooses the usual one, and an unset DOCKER_CONTEXT overrides none")
	}
	if err != nil {
		return endpoint{}, err
	}
	var meta struct {
		Endpoints struct {
			Docker struct {
				Host          string
				SkipTLSVerify bool
			} `json:"docker"`
		}
	}
	if err := json.Unmarshal(content, &meta); err != nil {
		return endpoint{}, fmt.Errorf("%s: %w: remove the context ('docker context rm') and create it again", path, err)
	}
	docker := meta.Endpoints.Docker
	if docker.Host == "" {
		return endpoint{}, fmt.Errorf("%s names no docker host: set one with 'docker context update --docker host=...'", path)
	}
	if err := reachable(docker.Host); err != nil {
		return endpoint{}, err
	}
	e := endpoint{context: name, host: docker.Host}
	certs := filepath.Join(dir, "tls", id, "docker")
	if _, err := os.Stat(certs); err == nil {
		e.certs, e.verify = certs, !docker.SkipTLSVerify
	}
	return e, nil
}

// reachable refuses an engine that is reached by ssh: the client library cannot,
// and the scenarios share folders and ports with the engine.
func reachable(host string) error {
	if strings.HasPrefix(host, "ssh://") {
		return fmt.Errorf("%s is an engine on another machine, but the scenarios share folders and ports with "+
			"theirs: choose one on this machine with 'docker context use'", host)
	}
	return nil
}

// export sets the variables by which testcontainers, the docker command line
// and the guard process find the engine. They change nothing if no context
// was chosen, since the engine then comes from these variables already.
func (e endpoint) export() error {
	if e.context == "" {
		return nil
	}
	verify := ""
	if e.verify {
		verify = "1"
	}
	for name, value := range map[string]string{
		"DOCKER_HOST": e.host, "DOCKER_CERT_PATH": e.certs, "DOCKER_TLS_VERIFY": verify,
	} {
		var err error
		if value == "" {
			err = os.Unsetenv(name)
		} else {
			err = os.Setenv(name, value)
		}
		if err != nil {
			return fmt.Errorf("choosing docker context %q: %w", e.context, err)
		}
	}
	return nil
}

// String names the engine for error messages.
func (e endpoint) String() string {
	host := e.host
	if host == "" {
		host = "its usual socket"
	}
	if e.context == "" {
		return "the container engine at " + host
	}
	return fmt.Sprintf("the container engine of docker context %q at %s", e.context, host)
}
