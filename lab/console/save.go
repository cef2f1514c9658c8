package console

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"time"

	"peerlab/lab"
)

// eventsFile is the record in a saved run.
const eventsFile = lab.EventsFile

// serveRun answers with the files of the run.
func (c *Console) serveRun(w http.ResponseWriter, _ *http.Request, _ right) {
	if c.saved() {
		http.Error(w, "this run is saved already", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="run.zip"`)
	if err := c.Save(w); err != nil {
		fmt.Fprintln(c.config.Log, "peerlab: saving the run:", err)
		panic(http.ErrAbortHandler) // the file must not look complete
	}
}

// Save writes the run so far as a zip: its record, the packets if they are kept, a cast of
// each terminal, and the diagram.
func (c *Console) Save(w io.Writer) error {
	files, err := c.casts.files()
	if err != nil {
		return err
	}
	maps.Copy(files, c.stage.Files())
	out := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := addFile(out, name, files[name]); err != nil {
			return err
		}
	}
	diagram, err := out.CreateHeader(&zip.FileHeader{Name: "diagram.svg", Method: zip.Deflate, Modified: time.Now()})
	if err != nil {
		return err
	}
	if _, err := diagram.Write(c.drawSaved()); err != nil {
		return err
	}
	return out.Close()
}

func addFile(out *zip.Writer, name, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	to, err := out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Now()})
	if err != nil {
		return err
	}
	if name == lab.PacketsFile {
		return copyBlocks(to, file)
	}
	return copyLines(to, file)
}

// copyLines copies the whole lines of a file that is still written to.
func copyLines(to io.Writer, file io.Reader) error {
	for in := bufio.NewReader(file); ; {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return nil // the rest is not written yet
		}
		if err != nil {
			return err
		}
		if _, err := to.Write(line); err != nil {
			return err
		}
	}
}

// copyBlocks copies the whole blocks of a pcapng file that is still written to.
func copyBlocks(to io.Writer, file io.Reader) error {
	for in := bufio.NewReader(file); ; {
		head, err := in.Peek(8) // type and length
		if err != nil {
			return nil // the rest is not written yet
		}
		block := make([]byte, min(binary.LittleEndian.Uint32(head[4:]), maxBlock))
		if _, err := io.ReadFull(in, block); err != nil || len(block) == 0 {
			return nil
		}
		if _, err := to.Write(block); err != nil {
			return err
		}
	}
}

// maxBlock bounds a block of a file of packets, in bytes.
const maxBlock = 1 << 20
