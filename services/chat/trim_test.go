package chat

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryIsGivenBackOnceLinesComeNoMore(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no other collections
	var c memory
	trims := func(logs int) bool {
		before := collections()
		c.trim(logs)
		return collections() > before
	}
	runtime.GC()
	require.False(t, trims(trimAbove), "there was a collection since")
	require.False(t, trims(trimAbove-1), "the logs are small")
	require.True(t, trims(trimAbove))
	require.False(t, trims(trimAbove), "it was given back")
	runtime.GC()
	require.False(t, trims(trimAbove))
	require.True(t, trims(trimAbove), "after more lines")
}
