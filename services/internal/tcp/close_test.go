package tcp

import (
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const last = "ERR syntax no such verb\n"

func TestRefuseSendsTheLineAndCloses(t *testing.T) {
	ours, theirs := dial(t, "", listen(t))
	refused := make(chan struct{})
	go func() {
		Refuse(theirs, []byte(last))
		close(refused)
	}()
	got, err := io.ReadAll(ours)
	require.NoError(t, err)
	assert.Equal(t, last, string(got))
	require.NoError(t, ours.Close())
	<-refused
	_, err = theirs.Write([]byte("x"))
	assert.ErrorIs(t, err, net.ErrClosed)
}

// The line reaches a peer that has sent much unread data and reads late: closing
// at once would reset the connection.
func TestRefuseReachesAPeerThatSendsAndReadsLate(t *testing.T) {
	for name, size := range map[string]int{"a little": 1 << 10, "5 MB": 5 << 20} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := dial(t, "", listen(t))
			refused := make(chan struct{})
			go func() {
				_, err := io.ReadFull(theirs, make([]byte, 10)) // the peer has sent these and many more
				assert.NoError(t, err)
				Refuse(theirs, []byte(last))
				close(refused)
			}()
			_, _ = ours.Write(make([]byte, size)) // may fail, as may the next call: Refuse may have closed the connection
			_ = ours.CloseWrite()
			<-refused
			got := make([]byte, len(last))
			_, err := io.ReadFull(ours, got)
			require.NoError(t, err)
			assert.Equal(t, last, string(got))
		})
	}
}

// half is a connection in memory that can close one direction, as TCP can.
type half struct {
	net.Conn
	closed chan struct{}
}

func (h half) CloseWrite() error {
	close(h.closed)
	return nil
}

func TestRefuseWaitsForASecondAtMost(t *testing.T) {
	for name, other := range map[string]func(t *testing.T, conn net.Conn){
		"for one who reads and never closes": func(t *testing.T, conn net.Conn) {
			got := make([]byte, len(last))
			_, err := io.ReadFull(conn, got)
			assert.NoError(t, err)
			assert.Equal(t, last, string(got))
		},
		"for one who never reads": func(*testing.T, net.Conn) {},
		"for one who sends a byte now and then": func(t *testing.T, conn net.Conn) {
			_, err := io.ReadFull(conn, make([]byte, len(last)))
			assert.NoError(t, err)
			every := time.NewTicker(100 * time.Millisecond)
			defer every.Stop()
			for range every.C {
				if _, err := conn.Write([]byte("x")); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, peer := net.Pipe()
				defer peer.Close()
				var both sync.WaitGroup
				both.Go(func() { other(t, peer) })
				began := time.Now()
				Refuse(half{conn, make(chan struct{})}, []byte(last))
				assert.Equal(t, lingerTime, time.Since(began))
				both.Wait()
				_, err := peer.Write([]byte("x"))
				assert.ErrorIs(t, err, io.ErrClosedPipe)
			})
		})
	}
}

func TestRefuseReadsAMegabyteAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := net.Pipe()
		defer peer.Close()
		h := half{conn, make(chan struct{})}
		go Refuse(h, []byte(last))
		_, err := io.ReadFull(peer, make([]byte, len(last)))
		require.NoError(t, err)
		<-h.closed
		n, err := peer.Write(make([]byte, 2*lingerBytes))
		assert.ErrorIs(t, err, io.ErrClosedPipe)
		assert.Equal(t, lingerBytes, n)
	})
}

func TestRefuseWithoutCloseWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := net.Pipe()
		defer peer.Close()
		go Refuse(conn, []byte(last))
		got, err := io.ReadAll(peer)
		require.NoError(t, err)
		assert.Equal(t, last, string(got))
	})
}

func TestRefuseOfAClosedConnection(t *testing.T) {
	ours, theirs := dial(t, "", listen(t))
	require.NoError(t, ours.SetLinger(0))
	require.NoError(t, ours.Close())
	_, err := theirs.Read(make([]byte, 1)) // the reset
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	Refuse(theirs, []byte(last))
	_, err = theirs.Write([]byte("x"))
	assert.ErrorIs(t, err, net.ErrClosed)
}
