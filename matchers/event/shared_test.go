package event

import (
	"bufio"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// sharedDir is the folder of shared material; the test is skipped without it.
func sharedDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("COLDCASE_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("shared material absent")
	}
	return dir
}

// corpusNames are the dotted names in the rules of the shared corpus: about what
// two thousand rules want.
func corpusNames(t testing.TB) []string {
	t.Helper()
	dotted := regexp.MustCompile(`[a-zA-Z_@][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_]+)+`)
	seen := map[string]bool{}
	names := []string{"@timestamp", "message", "tags", "endgame", "process", "process.parent"}
	eachFile(t, filepath.Join(sharedDir(t), "rules-corpus"), func(path string) {
		if filepath.Ext(path) != ".toml" {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, query, _ := strings.Cut(string(text), "query = ")
		query, _, _ = strings.Cut(query, "[[rule.threat")
		for _, name := range dotted.FindAllString(query, -1) {
			if !seen[name] && strings.Contains(fieldRoots, " "+name[:strings.IndexByte(name, '.')]+" ") {
				seen[name] = true
				names = append(names, name)
			}
		}
	})
	return names
}

const fieldRoots = " process file registry event host user dll network source destination dns url winlog agent data_stream endgame auditd group powershell driver client server http tls Effective_process Target "

func eachFile(t testing.TB, root string, f func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			f(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// eachLine calls f for the lines of a file, which may be compressed. A file that
// is cut short ends early.
func eachLine(t testing.TB, path string, f func(line []byte)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := bufio.NewReaderSize(decoded(t, path, file), 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			f(line[:len(line)-1])
		}
		if err != nil {
			return
		}
	}
}

func decoded(t testing.TB, path string, r io.Reader) io.Reader {
	t.Helper()
	var err error
	switch filepath.Ext(path) {
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".zst":
		r, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}
