package scripts

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// upped is a compose project that scripts/up.sh starts, from a copy of the
// repository's files in a folder of the test's.
type upped struct {
	*stage.Compose
	*scripted
	root string
}

func newUpped(t *testing.T, profile string, services ...string) *upped {
	t.Helper()
	s := scriptedAlone(t)
	u := &upped{scripted: s, root: s.copies("scripts", "compose.yaml", "files", "Dockerfile")}
	u.Compose = stage.NewCompose(t, filepath.Join(u.root, "compose.yaml"), []string{profile}, services...)
	s.env = append(s.env, "COMPOSE_PROJECT_NAME="+u.Name)
	for variable, port := range u.Ports {
		s.env = append(s.env, variable+"="+port)
	}
	return u
}

// up runs scripts/up.sh.
func (u *upped) up(services ...string) result {
	return u.command("/", append([]string{filepath.Join(u.root, "scripts", "up.sh")}, services...)...)
}

// Fault B1: a container of another profile that had ended kept `make up` from
// succeeding.
func TestComposeUpBesideAContainerOfAnotherProfile(t *testing.T) {
	u := newUpped(t, "room", "server")
	u.Do("up", "--detach", "--no-build", "room-client1") // nothing listens at ROOM_PORT
	u.Ended("room-client1", 1)
	r := u.up("server")
	require.Equal(t, 0, r.status, r.stderr)
	require.Contains(t, r.stdout, "The lab runs")
}

// Fault U1: `make up` that failed named neither the containers that it had
// started nor the process that held the port.
func TestComposeUpNamesTheHolderOfAPort(t *testing.T) {
	u := newUpped(t, "*", "server", "relay")
	taken, err := net.Listen("tcp", "127.0.0.1:"+u.Ports["RELAY_PORT"])
	require.NoError(t, err)
	defer taken.Close()
	r := u.up("server", "relay")
	require.NotEqual(t, 0, r.status)
	require.Contains(t, r.stderr, "relay has ended with status 1")
	require.Contains(t, r.stderr, fmt.Sprintf("port %s is taken by process %d", u.Ports["RELAY_PORT"], os.Getpid()))
	require.Contains(t, r.stderr, "choose another RELAY_PORT")
	require.Contains(t, r.stderr, "Running: server. Stopped: relay.")
	require.Contains(t, r.stderr, "make down")
}

// Fault U1: the server and the relay were both started on one port.
func TestComposeUpRefusesOnePortForTwo(t *testing.T) {
	u := newUpped(t, "*")
	port := u.Ports["RELAY_PORT"]
	u.env = append(u.env, "SERVER_PORT="+port)
	r := u.up()
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "RELAY_PORT and SERVER_PORT are both "+port)
	require.Empty(t, u.Do("ps", "--all", "--quiet"), "nothing is started")
}

// Fault B8: after a clone with umask 077 the nodes could not read their files.
func TestComposeUpWhereOnlyTheOwnerReadsTheFiles(t *testing.T) {
	u := newUpped(t, "*", "node1", "relay")
	before := u.command(u.root, "sh", "-c", "chmod -R go-rwx . && ls -lR files")
	r := u.up("relay", "node1")
	require.Equal(t, 0, r.status, r.stderr)
	require.Contains(t, r.stderr, "other users cannot read files")
	require.Equal(t, before.stdout, u.command(u.root, "ls", "-lR", "files").stdout, "the user's modes stay")

	fetched := u.Start(lab.Spec{Name: "fetch", Args: []string{"127.0.0.1", u.Ports["RELAY_PORT"], "sonnet18.txt"}})
	fetched.Exits(0)
	content, err := os.ReadFile(filepath.Join(u.root, "files", "node1", "sonnet18.txt"))
	require.NoError(t, err)
	fetched.Contains(strings.SplitN(string(content), "\n", 2)[0])
}

// Fault B8: where the user of the container cannot read the files nonetheless,
// the advice fits a container.
func TestComposeUpAdvisesReadableFiles(t *testing.T) {
	u := newUpped(t, "*", "node1")
	u.env = append(u.env, "NODE_USER=65531:65531")
	require.Equal(t, 0, u.command(u.root, "chmod", "-R", "go-rwx", "files").status)
	r := u.up("node1")
	require.NotEqual(t, 0, r.status)
	require.Contains(t, r.stderr, "node1 has ended with status 1")
	require.Contains(t, r.stderr, "chmod -R a+rX '"+filepath.Join(u.root, "files", "node1")+"'")
}

// Fault B10: a terminal whose log cannot be read is attached to.
func TestComposeAttachWithoutALog(t *testing.T) {
	u := newUpped(t, "*", "server")
	override := u.file("none.yaml", "services: {server: {logging: {driver: none}}}\n", 0o644)
	u.Words = append(u.Words, "--file", override)
	u.Do("up", "--detach", "--no-build", "server")
	terminal := u.Sit("server", u.env, filepath.Join(u.root, "scripts", "attach.sh"), "server")
	terminal.TakesKeys()
	terminal.Types("Exit\r")
	terminal.Ends()
}
