package lab

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A command is split as a POSIX shell splits it, without expansions.
func TestTheWordsOfACommand(t *testing.T) {
	p, err := parseProgram(`cmd:sh -c 'exec nc "$@"' "say \"hi\" \n" a\ b x="" ''`)
	require.NoError(t, err)
	assert.Equal(t, []string{"sh", "-c", `exec nc "$@"`, `say "hi" \n`, "a b", "x=", ""}, p.command)
}

// programIn finds programs in a folder.
func programIn(dir string) Config {
	return Config{Program: func(role string) (string, error) {
		path := filepath.Join(dir, role)
		_, err := os.Stat(path)
		return path, err
	}}
}

func TestWhoPlaysARole(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "order-server"), nil, 0o755))
	native := casting{programs: map[string]string{}, config: programIn(dir)}
	inContainers := native
	inContainers.container = true

	play := func(c casting, name, role, want string) {
		t.Helper()
		p, err := c.play(name, role)
		require.NoError(t, err)
		assert.Equal(t, want, p.String())
	}
	play(native, "order-server", "order-server", "cmd:"+dir+"/order-server")
	play(inContainers, "order-server", "order-server", "image:peerlab/order-server:latest")

	told := native.programs
	told["order-server"] = "cmd:python3 '/their server.py'"
	play(native, "order-server", "order-server", "cmd:python3 /their server.py")
	play(inContainers, "order-server", "order-server", "cmd:python3 /their server.py")
	told["order-server"] = "image:registry:5000/them/server:2"
	play(native, "order-server", "order-server", "image:registry:5000/them/server:2")

	told["client"], told["client5"], told["server"] = "cmd:each", "cmd:the fifth", "cmd:of the chat"
	play(native, "client4", "client", "cmd:each")
	play(native, "client5", "client", "cmd:the fifth")
	play(native, "server", "order-server", "image:registry:5000/them/server:2")

	for _, wrong := range []string{"server", "image:", "image:me/server -v", "image:'", "cmd:", "cmd:'", `cmd:end\`, `cmd:"`, "docker:x"} {
		told["client5"] = wrong
		_, err := native.play("client5", "client")
		assert.ErrorContains(t, err, "role client, client5: ", wrong)
	}
}

func TestWhatUsesContainers(t *testing.T) {
	assert.False(t, casting{}.usesContainers())
	assert.True(t, casting{container: true}.usesContainers())
	assert.True(t, casting{programs: map[string]string{"client5": "image:me/client"}}.usesContainers())
	assert.False(t, casting{programs: map[string]string{"client5": "cmd:./image:"}}.usesContainers())
}

// Fault B5: only files were made absolute, no folders and no class paths.
func TestFilesInACommandAreBelowTheRoot(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "folder"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "my", "classes"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "folder", "mine.py"), nil, 0o644))
	c := casting{config: Config{Root: root}, programs: map[string]string{
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

func TestARoleThatNothingCanPlay(t *testing.T) {
	_, err := casting{config: programIn(t.TempDir())}.play("node", "node")
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "role node: no program for it")
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
	assert.False(t, parsed("image:me/client /client.out {ID}").onTerminal())
	assert.False(t, program{command: []string{"bin/client"}, built: true}.onTerminal())
}

func TestForeignImages(t *testing.T) {
	assert.False(t, program{image: "peerlab/server:latest"}.foreign())
	assert.True(t, program{image: "someone/server"}.foreign())
	assert.True(t, program{image: "python:3"}.foreign())
}
