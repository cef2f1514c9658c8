package lab

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExitText(t *testing.T) {
	assert.Equal(t, "exited with status 0", ExitText(0))
	assert.Equal(t, "exited with status 128", ExitText(128))
	assert.Equal(t, "was ended by SIGKILL (status 137)", ExitText(137))
	assert.Equal(t, "was ended by SIGSEGV (status 139)", ExitText(139))
	assert.Equal(t, "exited with status 255", ExitText(255))
}
