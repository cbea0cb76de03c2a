package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"coldcase/scanner"
)

// ranks are the values of --rank.
var ranks = []string{"coldcase", "elastic"}

func setRank(o *options, v string) error {
	if !slices.Contains(ranks, v) {
		return fmt.Errorf("%q is neither coldcase nor elastic", v)
	}
	o.elastic = v == "elastic"
	return nil
}

// maxAssetsFile bounds the file of --assets in bytes.
const maxAssetsFile = 64 << 20

// readAssets reads what --assets names.
func (g *given) readAssets(o *options) error {
	if o.assets == "" {
		return nil
	}
	f, err := os.Open(o.assets)
	if err != nil {
		return usage("--assets %s: %w", safe(o.assets), plain(err))
	}
	defer f.Close() // opened for reading: nothing to lose
	data, err := io.ReadAll(io.LimitReader(f, maxAssetsFile+1))
	if err != nil {
		return usage("--assets %s: %w", safe(o.assets), plain(err))
	}
	if len(data) > maxAssetsFile {
		return usage("--assets %s: larger than %s", safe(o.assets), binarySize(maxAssetsFile))
	}
	if g.assets, err = scanner.ParseAssets(o.assets, data); err != nil {
		return usage("--assets %s: %w", safe(o.assets), err)
	}
	return nil
}
