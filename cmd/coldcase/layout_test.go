package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is who may import whom: downwards only. A package that is not listed may
// import none of the others. Change it when the design asks for it, in the same
// commit as the reason.
var mayImport = map[string][]string{
	"cmd/coldcase": {"scanner/report", "scanner", "scanner/diff", "scanner/proof", "scanner/input", "scanner/journal", "matchers", "rules/load",
		"rules/builtin", "rules/schema", "rules/attack", "rules", "rules/source", "rules/lint"},
	"cmd/evgen": {},
	// The screen names the version and tactics of ATT&CK.
	"scanner/report": {"scanner", "scanner/claim", "scanner/diff", "matchers/event", "rules", "rules/attack"},
	// What is done with findings that a run has made: it looks at evidence by the run's means.
	"scanner/proof": {"scanner", "scanner/claim", "scanner/lines", "scanner/input", "matchers/correlate", "matchers", "matchers/event",
		"matchers/rows", "rules"},
	"scanner/diff": {"scanner", "scanner/claim", "scanner/lines", "scanner/input", "scanner/top", "matchers/correlate", "rules"},
	"scanner": {"scanner/claim", "scanner/lines", "scanner/input", "scanner/journal", "scanner/top", "matchers/correlate", "matchers",
		"matchers/event", "matchers/rows", "rules"},
	// What a findings file says, and nothing of whether it is so.
	"scanner/claim":       {},
	"scanner/top":         {},
	"scanner/lines":       {"scanner/input", "matchers/event"},
	"scanner/input":       {"scanner/input/flate", "scanner/input/lzma2"},
	"scanner/input/flate": {},
	// What a run that was interrupted leaves: bytes in frames, and nothing of what they mean.
	"scanner/journal":     {},
	"scanner/input/lzma2": {},
	"matchers/correlate":  {"matchers", "matchers/event", "matchers/rows", "rules", "rules/query"},
	"matchers": {"matchers/index", "matchers/event", "matchers/rows", "rules", "rules/esql", "rules/query", "rules/schema",
		"rules/source"},
	// Rows are what ES|QL computes on: it knows the language's tree, and nothing of rules.
	"matchers/rows":  {"matchers/event", "rules/esql", "rules/query", "rules/schema"},
	"matchers/index": {"matchers/event", "rules/query", "rules/schema"},
	"matchers/event": {"rules/schema"},
	"rules/load": {"rules", "rules/esql", "rules/eql", "rules/lucene", "rules/kql", "rules/query", "rules/schema",
		"rules/attack", "rules/source"},
	"rules/builtin": {"rules/load", "rules"},
	// A rule in ES|QL has its tree: what follows the first condition is no predicate.
	"rules":        {"rules/esql", "rules/query", "rules/source"},
	"rules/lint":   {"rules", "rules/query", "rules/schema", "rules/attack", "rules/source"},
	"rules/esql":   {"rules/query", "rules/schema", "rules/source", "rules/kql"},
	"rules/eql":    {"rules/query", "rules/schema", "rules/source"},
	"rules/lucene": {"rules/query", "rules/schema", "rules/source"},
	"rules/kql":    {"rules/query", "rules/schema", "rules/source"},
	"rules/query":  {},
	"rules/schema": {},
	"rules/attack": {},
	"rules/source": {},
}

// sourceFile is one Go file that is no test: its package's folder and what it
// imports of this module.
type sourceFile struct {
	name, folder string
	imports      []string
}

const root = "../.."

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var out []sourceFile
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		sf := sourceFile{name: filepath.ToSlash(rel)}
		sf.folder = path.Dir(sf.name)
		for _, imp := range f.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(name, "coldcase/"); ok {
				sf.imports = append(sf.imports, own)
			}
		}
		out = append(out, sf)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestImports(t *testing.T) {
	files := sourceFiles(t)
	if len(files) < 20 {
		t.Fatalf("%d files found: the walk is broken", len(files))
	}
	for _, f := range files {
		allowed, listed := mayImport[f.folder]
		if !listed {
			t.Errorf("%s: package %s is not in the import table", f.name, f.folder)
			continue
		}
		for _, imp := range f.imports {
			if !slices.Contains(allowed, imp) {
				t.Errorf("%s: %s may not import %s", f.name, f.folder, imp)
			}
		}
	}
}

// The table itself points downwards: no package reaches itself.
func TestImportTableHasNoLoop(t *testing.T) {
	var walk func(p string, path []string)
	walk = func(p string, path []string) {
		if slices.Contains(path, p) {
			t.Fatalf("loop: %s", strings.Join(append(path, p), " > "))
		}
		for _, q := range mayImport[p] {
			walk(q, append(slices.Clone(path), p))
		}
	}
	for p := range mayImport {
		walk(p, nil)
	}
}

// The top level is fixed.
func TestTopLevel(t *testing.T) {
	allowed := []string{"cmd", "scanner", "matchers", "rules", "samples", "go.mod", "go.sum", "README.md"}
	names, err := filepath.Glob(root + "/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d names, %v", len(names), err)
	}
	for _, n := range names {
		if base := filepath.Base(n); !strings.HasPrefix(base, ".") && !slices.Contains(allowed, base) {
			t.Errorf("%s does not belong at the top level", base)
		}
	}
}

// A package is named for what it holds.
func TestNoPackageNamedUtil(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if base := path.Base(f.folder); slices.Contains([]string{"util", "utils", "common", "helpers", "types", "manager"}, base) {
			t.Errorf("%s: a package named %s says nothing", f.name, base)
		}
	}
}
