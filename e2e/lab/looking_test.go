package lab

import (
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhereAProgramListensIsFound(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the sockets of another process are seen on Linux only")
	}
	path, err := fixtureBinary()
	require.NoError(t, err)
	l := New(t)
	for name, shell := range map[string]string{"itself": "exec ", "its child": ""} {
		at := l.Address()
		l.Play("fixed", "cmd+pipe:sh -c '"+shell+path+" -hub "+at+"; true' {}")
		p := l.Start(Spec{Name: name, Role: "fixed", Vars: map[string]string{"PORT": "1"}})
		assert.Equal(t, at, p.ListensAt("127.0.0.1:1"), name)
		assert.Equal(t, at, p.ListensAt(at), name)
	}
	at := l.Address()
	_, port, err := net.SplitHostPort(at)
	require.NoError(t, err)
	l.Play("everywhere", "cmd+pipe:"+path+" -hub 0.0.0.0:"+port+" {}")
	p := l.Start(Spec{Name: "everywhere"})
	assert.Equal(t, at, p.ListensAt("127.0.0.1:1"))
	l.Play("told", "cmd+pipe:"+path+" -hub {LISTEN}")
	at = l.Address()
	p = l.Start(Spec{Name: "told", Vars: map[string]string{"LISTEN": at}})
	assert.Equal(t, at, p.ListensAt(at))
}

func TestATextFileIsFoundByWhatItHolds(t *testing.T) {
	l := New(t, anyFixture(t))
	p := l.Start(fixture("writer"))
	p.Types("write notes 6001 60021")
	p.Types("write ports.dat 1=6001;2=6002")
	assert.Equal(t, p.Path("ports.dat"), p.FileWith("the ports", "6001", "6002"))

	dir := t.TempDir()
	_, files := fileWith(dir, []string{"6001"})
	assert.Equal(t, " (there is no text file in it)", files)
	require.NoError(t, os.WriteFile(dir+"/binary", []byte("\xff 6001"), 0o644))
	require.NoError(t, os.WriteFile(dir+"/text", []byte("6002"), 0o644))
	path, files := fileWith(dir, []string{"6001"})
	assert.Empty(t, path)
	assert.Equal(t, ` (text holds "6002")`, files)
}
