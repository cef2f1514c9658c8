package lab

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSplitWords(t *testing.T) {
	for in, want := range map[string][]string{
		"":                              nil,
		"java -jar a.jar":               {"java", "-jar", "a.jar"},
		"  two\t blanks\n":              {"two", "blanks"},
		`'one word' "another one"`:      {"one word", "another one"},
		`a\ b \"c ''`:                   {"a b", `"c`, ""},
		`"say \"hi\" \\ \n" 'a\b'`:      {`say "hi" \ \n`, `a\b`},
		`sh -c 'exec nc "$@"' sh -x=""`: {"sh", "-c", `exec nc "$@"`, "sh", "-x="},
	} {
		got, err := splitWords(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, got, in)
	}
	for _, in := range []string{`'open`, `"open`, `end\`} {
		_, err := splitWords(in)
		assert.Error(t, err, in)
	}
}

func TestWhoPlaysARole(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "order-server"), nil, 0o755))
	native := casting{overrides: map[string]string{}, binaries: func() (string, error) { return dir, nil }}
	inContainers := native
	inContainers.container = true

	play := func(c casting, role, want string) {
		t.Helper()
		p, err := c.play(role, role)
		require.NoError(t, err)
		assert.Equal(t, want, p.String())
	}
	play(native, "order-server", "cmd:"+dir+"/order-server")
	play(inContainers, "order-server", "image:peerlab/order-server:latest")

	t.Setenv("PEERLAB_ORDER_SERVER", "cmd:python3 '/their server.py'")
	play(native, "order-server", "cmd:python3 /their server.py")
	play(inContainers, "order-server", "cmd:python3 /their server.py")
	t.Setenv("PEERLAB_ORDER_SERVER", "image:registry:5000/them/server:2")
	play(native, "order-server", "image:registry:5000/them/server:2")
	native.overrides["order-server"] = "cmd:told in the test"
	play(native, "order-server", "cmd:told in the test")

	for _, wrong := range []string{"server", "image:", "cmd:", "cmd:'", "docker:x"} {
		native.overrides["order-server"] = wrong
		_, err := native.play("order-server", "order-server")
		assert.ErrorContains(t, err, "PEERLAB_ORDER_SERVER", wrong)
	}
}

func TestWhoIsOneProcessOfARole(t *testing.T) {
	c := casting{overrides: map[string]string{}, container: true}
	play := func(name, role, want string) {
		t.Helper()
		p, err := c.play(name, role)
		require.NoError(t, err)
		assert.Equal(t, want, p.String())
	}
	t.Setenv("PEERLAB_CLIENT", "cmd:everybody")
	t.Setenv("PEERLAB_CLIENT5", "cmd:the fifth")
	t.Setenv("PEERLAB_SERVER", "cmd:of the chat")
	play("client4", "client", "cmd:everybody")
	play("client5", "client", "cmd:the fifth")
	c.overrides["client5"] = "cmd:told in the test"
	play("client5", "client", "cmd:told in the test")
	play("server", "order-server", "image:peerlab/order-server:latest")

	c.overrides["client5"] = "docker:x"
	_, err := c.play("client5", "client")
	assert.ErrorContains(t, err, "PEERLAB_CLIENT5")
}

// Fault B5: only files were made absolute, no folders and no class paths.
func TestFilesInACommandAreBelowTheRoot(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "folder"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "my", "classes"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "folder", "mine.py"), nil, 0o644))
	c := casting{root: root, overrides: map[string]string{
		"client": "cmd:python3 folder/mine.py folder mine.py " + root + "/folder/mine.py", "server": "cmd:./folder/mine.py",
		"room": "cmd:java -cp my/classes:folder/mine.py -Dx=my/classes Room my/classes:gone 127.0.0.1:4000 my/classes",
	}}
	for role, want := range map[string][]string{
		"client": {"python3", root + "/folder/mine.py", "folder", "mine.py", root + "/folder/mine.py"},
		"server": {root + "/folder/mine.py"},
		"room": {
			"java", "-cp", root + "/my/classes:" + root + "/folder/mine.py", "-Dx=my/classes", "Room", "my/classes:gone",
			"127.0.0.1:4000", root + "/my/classes",
		},
	} {
		p, err := c.play(role, role)
		require.NoError(t, err)
		assert.Equal(t, want, p.command)
	}
}

func TestARoleNobodyCanPlay(t *testing.T) {
	c := casting{overrides: map[string]string{}, binaries: func() (string, error) { return t.TempDir(), nil }}
	_, err := c.play("node", "node")
	assert.ErrorContains(t, err, "role node: no program for it")
	c.binaries = func() (string, error) { return "", errors.New("does not compile") }
	_, err = c.play("node", "node")
	assert.ErrorContains(t, err, "does not compile")
}

func TestWhichProgramsRunAtATerminal(t *testing.T) {
	parsed := func(s string) program {
		p, err := parseProgram(s)
		require.NoError(t, err)
		assert.Equal(t, s, p.String())
		return p
	}
	assert.Equal(t, runtime.GOOS == "linux", parsed("cmd:python3 client.py").onTerminal())
	assert.False(t, parsed("cmd+pipe:python3 client.py").onTerminal())
	assert.False(t, parsed("image:me/client").onTerminal())
	assert.False(t, program{command: []string{"bin/client"}, built: true}.onTerminal())
}

func TestForeignImages(t *testing.T) {
	assert.False(t, program{image: "peerlab/server:latest"}.foreign())
	assert.True(t, program{image: "someone/server"}.foreign())
	assert.True(t, program{image: "python:3"}.foreign())
}
