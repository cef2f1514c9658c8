package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// registered says whether a registry lists the client under its address.
func (c *chat) registered(id int) func(content string) bool {
	line := fmt.Sprintf("%d %s", id, c.seats[id].address())
	return func(content string) bool {
		for got := range strings.Lines(content) {
			if strings.TrimSpace(got) == line {
				return true
			}
		}
		return false
	}
}

func (c *chat) notRegistered(id int) func(content string) bool {
	is := c.registered(id)
	return func(content string) bool { return !is(content) }
}

func TestTheRegistryListsWhoIsIn(t *testing.T) {
	c := newChat(t)
	c.startServer()
	for _, id := range ids(4) {
		c.startClients(id)
		c.clients[id].Sees(fmt.Sprintf("Client %d: initiated.", id))
		content, err := os.ReadFile(c.registry())
		require.NoError(t, err)
		assert.True(t, c.registered(id)(string(content)), "written before the client is told that it is in, not:\n%s", content)
	}
	c.clients[1].Types("/quit")
	c.clients[2].Signal(sigterm)
	c.clients[3].Kill()
	c.FileHolds(c.registry(), "client 1 has quit", c.notRegistered(1))
	c.FileHolds(c.registry(), "client 2 was told to end", c.notRegistered(2))
	c.FileHolds(c.registry(), "client 3 was killed and stays", c.registered(3))
	c.FileHolds(c.registry(), "client 4 is there", c.registered(4))
}

func TestALostRegistryHeals(t *testing.T) {
	c := startChat(t, 3)
	c.server.Kill()
	require.NoError(t, os.Remove(c.registry()))
	c.Mark()
	c.server.Start()
	c.everyoneReconnects(3)
	for _, id := range ids(3) {
		c.FileHolds(c.registry(), fmt.Sprintf("client %d is there again", id), c.registered(id))
	}
	c.everyoneTalks("back from nothing")
}

func TestWhatIsNoUseInTheRegistryIsPutAside(t *testing.T) {
	lab.NeedsOwn(t, "server")
	c := startChat(t, 2)
	c.server.Kill()
	before, err := os.ReadFile(c.registry())
	require.NoError(t, err)
	content := "# by hand\n\nwhat is this\n\x00\xff\x1b[2J\n9 127.0.0.1:1\n5 nowhere\n" + string(before) + "4 127.0.0."
	require.NoError(t, os.WriteFile(c.registry(), []byte(content), 0o666))
	c.Mark()
	c.server.Start()
	c.everyoneReconnects(2)
	for _, number := range []string{"line 3", "line 4", "line 6", "line 10"} {
		c.server.Stderr().Contains(number)
	}
	c.FileHolds(c.server.Path("clients.txt.bad"), "the bad lines are kept", func(bad string) bool {
		return strings.Contains(bad, "what is this") && strings.Contains(bad, "5 nowhere") && strings.Contains(bad, "4 127.0.0.")
	})
	c.clients[1].Types("/quit") // has the registry written anew
	c.clients[1].Exits(0)
	c.FileHolds(c.registry(), "only what is of use is left", func(content string) bool {
		return c.notRegistered(1)(content) && c.registered(2)(content) && !strings.Contains(content, "nowhere")
	})
	c.everyoneTalks("as if nothing had been")
}

func TestARegistryThatCannotBeWrittenStopsNobody(t *testing.T) {
	lab.NeedsOwn(t, "server")
	c := startChat(t, 2)
	// A folder that is not empty cannot be replaced by a file, not even by root.
	require.NoError(t, os.Remove(c.registry()))
	require.NoError(t, os.MkdirAll(c.registry()+"/in the way", 0o777))
	c.startClients(3)
	c.introduced(3)
	c.server.Stderr().Contains("clients.txt")
	c.everyoneTalks("it is only a file")
}

func TestARegistryOnAReadOnlyDiskStopsNobody(t *testing.T) {
	lab.NeedsOwn(t, "server")
	c := newChat(t)
	c.server = c.Start(lab.Spec{Name: "server", Args: []string{"-listen", c.at, "-registry", "/proc/clients.txt"}})
	c.server.Listens(c.at)
	c.startClients(ids(2)...)
	c.introduced(ids(2)...)
	c.server.Stderr().Contains("/proc/clients.txt")
	c.everyoneTalks("nothing is written down")
}

func TestARegistryOnAFullDiskIsWrittenWhenThereIsRoom(t *testing.T) {
	lab.NeedsOwn(t, "server")
	c := startChat(t, 2)
	c.server.DiskFull()
	c.startClients(3)
	c.introduced(3)
	c.server.Stderr().Contains("registry")
	c.everyoneTalks("no room")
	c.FileHolds(c.registry(), "what was there before, whole", func(content string) bool {
		return c.registered(1)(content) && c.registered(2)(content) && c.notRegistered(3)(content)
	})

	c.server.DiskFree()
	c.startClients(4)
	c.introduced(4)
	for _, id := range ids(4) {
		c.FileHolds(c.registry(), fmt.Sprintf("client %d is there, too", id), c.registered(id))
	}
	c.server.Kill()
	c.Mark()
	c.server.Start()
	c.everyoneReconnects(4)
}

func TestTwoServersOnOneRegistry(t *testing.T) {
	lab.NeedsOwn(t, "server")
	c := newChat(t)
	dir := c.Dir("shared")
	c.server = c.Start(lab.Spec{Name: "server", Args: c.serverArgs(), Dir: dir})
	c.server.Listens(c.at)
	c.startClients(1)
	c.introduced(1)
	second := c.Start(lab.Spec{
		Name: "second", Role: "server", Dir: dir,
		Args: []string{"-listen", c.Address(), "-registry", "clients.txt"},
	})
	second.Exits(1)
	second.Stderr().Contains("clients.txt")
	assert.Len(t, second.Stderr().Lines(), 1, "one line says what and what to do")
	c.server.Kill()
	c.Mark()
	second.Start() // the lock of one that was killed is no lock
	second.Sees("Client 1: reconnected")
}

// Fault R2: a server whose registry is a named pipe waited for a writer, and SIGTERM did not end it.
func TestARegistryThatIsANamedPipe(t *testing.T) {
	lab.NeedsOwn(t, "server")
	c := newChat(t)
	dir := c.Dir("pipes")
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "clients.txt"), 0o666))
	c.server = c.Start(lab.Spec{Name: "server", Args: c.serverArgs(), Dir: dir})
	c.server.Exits(1)
	c.server.Stderr().Contains("clients.txt is a named pipe")
	assert.Len(t, c.server.Stderr().Lines(), 1, "one line says what and what to do")
}

// Faults R2 and R3: named pipes beside the registry hold up no server.
func TestNamedPipesBesideARegistry(t *testing.T) {
	lab.NeedsOwn(t, "server")
	c := newChat(t)
	dir := c.Dir("pipes")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "clients.txt"), []byte("what is this\n"), 0o666))
	for _, suffix := range []string{".lock", ".tmp", ".bad"} {
		require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "clients.txt"+suffix), 0o666))
	}
	c.server = c.Start(lab.Spec{Name: "server", Args: c.serverArgs(), Dir: dir})
	c.server.Listens(c.at)
	c.startClients(ids(2)...)
	c.introduced(ids(2)...)
	for _, suffix := range []string{".lock", ".tmp", ".bad"} {
		c.server.Stderr().Contains("clients.txt" + suffix + " is a named pipe")
	}
	c.everyoneTalks("they are only pipes")
	c.server.Signal(syscall.SIGTERM)
	c.server.Exits(0)
}
