package lab

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dockerConfig makes a folder as the docker command line keeps it, with some
// contexts, and points DOCKER_CONFIG to it.
func dockerConfig(t *testing.T, config string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600))
	addContext(t, dir, "desktop", `{"Name":"desktop","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///run/desktop.sock","SkipTLSVerify":false}}}`)
	addContext(t, dir, "far", `{"Name":"far","Endpoints":{"docker":{"Host":"ssh://me@far"}}}`)
	addContext(t, dir, "torn", `{"Name":`)
	addContext(t, dir, "bare", `{"Name":"bare","Endpoints":{}}`)
	addContext(t, dir, "tls", `{"Name":"tls","Endpoints":{"docker":{"Host":"tcp://127.0.0.1:2376"}}}`)
	addContext(t, dir, "lax", `{"Name":"lax","Endpoints":{"docker":{"Host":"tcp://127.0.0.1:2376","SkipTLSVerify":true}}}`)
	for _, name := range []string{"tls", "lax"} {
		require.NoError(t, os.MkdirAll(certsOf(dir, name), 0o700))
	}
	t.Setenv("DOCKER_CONFIG", dir)
	t.Setenv("DOCKER_HOST", "")
	t.Setenv("DOCKER_CONTEXT", "")
	t.Setenv("DOCKER_CERT_PATH", "")
	t.Setenv("DOCKER_TLS_VERIFY", "")
	return dir
}

func addContext(t *testing.T, dir, name, meta string) {
	t.Helper()
	folder := filepath.Join(dir, "contexts", "meta", hashed(name))
	require.NoError(t, os.MkdirAll(folder, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "meta.json"), []byte(meta), 0o600))
}

func certsOf(dir, name string) string {
	return filepath.Join(dir, "contexts", "tls", hashed(name), "docker")
}

func hashed(name string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(name))) }

// Fault B6: the scenarios took the usual socket, whatever context was chosen.
func TestTheEngineIsTheOneOfTheDockerContext(t *testing.T) {
	const desktop = "unix:///run/desktop.sock"
	for name, c := range map[string]struct {
		config, context, host string
		want                  endpoint
		fails                 []string
	}{
		"nothing chosen":             {config: `{}`},
		"default chosen":             {config: `{"currentContext":"default"}`},
		"current context":            {config: `{"currentContext":"desktop"}`, want: endpoint{context: "desktop", host: desktop}},
		"DOCKER_CONTEXT":             {config: `{}`, context: "desktop", want: endpoint{context: "desktop", host: desktop}},
		"DOCKER_CONTEXT over config": {config: `{"currentContext":"gone"}`, context: "desktop", want: endpoint{context: "desktop", host: desktop}},
		"back to the default":        {config: `{"currentContext":"desktop"}`, context: "default"},
		"DOCKER_HOST over all":       {config: `{"currentContext":"gone"}`, context: "gone", host: "unix:///h", want: endpoint{host: "unix:///h"}},
		"DOCKER_HOST by ssh":         {config: `{}`, host: "ssh://far", fails: []string{"DOCKER_HOST", "ssh://far", "docker context use"}},
		"TLS":                        {config: `{}`, context: "tls", want: endpoint{context: "tls", host: "tcp://127.0.0.1:2376", certs: "tls", verify: true}},
		"TLS not verified":           {config: `{}`, context: "lax", want: endpoint{context: "lax", host: "tcp://127.0.0.1:2376", certs: "lax"}},
		"no such current context":    {config: `{"currentContext":"gone"}`, fails: []string{`docker context "gone"`, "currentContext in ", "no such context", "docker context ls"}},
		"no such DOCKER_CONTEXT":     {config: `{}`, context: "gone", fails: []string{`docker context "gone", from DOCKER_CONTEXT`, "no such context"}},
		"by ssh":                     {config: `{}`, context: "far", fails: []string{`docker context "far"`, "ssh://me@far", "docker context use"}},
		"torn":                       {config: `{}`, context: "torn", fails: []string{`docker context "torn"`, "meta.json", "docker context rm"}},
		"without an engine":          {config: `{}`, context: "bare", fails: []string{`docker context "bare"`, "docker context update"}},
		"a config that is no JSON":   {config: `{`, fails: []string{"config.json", "mend or remove it"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := dockerConfig(t, c.config)
			t.Setenv("DOCKER_CONTEXT", c.context)
			t.Setenv("DOCKER_HOST", c.host)
			got, err := findEndpoint()
			if c.fails != nil {
				for _, part := range c.fails {
					assert.ErrorContains(t, err, part)
				}
				return
			}
			require.NoError(t, err)
			if c.want.certs != "" {
				c.want.certs = certsOf(dir, c.want.certs)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestAMissingDockerConfigIsTheDefaultContext(t *testing.T) {
	require.NoError(t, os.Remove(filepath.Join(dockerConfig(t, `{}`), "config.json")))
	got, err := findEndpoint()
	require.NoError(t, err)
	assert.Equal(t, endpoint{}, got)
}

func TestTheEngineIsExportedForOtherProcesses(t *testing.T) {
	dockerConfig(t, `{}`)
	t.Setenv("DOCKER_CERT_PATH", "/of/another")
	t.Setenv("DOCKER_TLS_VERIFY", "1")
	require.NoError(t, endpoint{host: "unix:///h"}.export())
	assert.Equal(t, "/of/another", os.Getenv("DOCKER_CERT_PATH"), "no context was chosen")
	require.NoError(t, endpoint{context: "desktop", host: "unix:///d"}.export())
	assert.Equal(t, "unix:///d", os.Getenv("DOCKER_HOST"))
	_, set := os.LookupEnv("DOCKER_CERT_PATH")
	assert.False(t, set)
	_, set = os.LookupEnv("DOCKER_TLS_VERIFY")
	assert.False(t, set)
	require.NoError(t, endpoint{context: "tls", host: "tcp://d", certs: "/c", verify: true}.export())
	assert.Equal(t, "/c", os.Getenv("DOCKER_CERT_PATH"))
	assert.Equal(t, "1", os.Getenv("DOCKER_TLS_VERIFY"))
}

// testcontainers would go on to the usual socket without a word.
func TestAnEngineThatDoesNotAnswerIsNamed(t *testing.T) {
	dockerConfig(t, `{}`)
	at := endpoint{context: "desktop", host: "unix://" + filepath.Join(t.TempDir(), "none.sock")}
	require.NoError(t, at.export())
	_, err := dialEngine(at)
	assert.ErrorContains(t, err, `the container engine of docker context "desktop" at `+at.host+" does not answer")
	assert.ErrorContains(t, err, "docker context use")
}
