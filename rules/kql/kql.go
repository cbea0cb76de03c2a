package kql

import (
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// Limits of a query. They bound memory and recursion for rules from anywhere; the
// longest query of Elastic's own rules is below 20 KiB and nests below 10.
const (
	maxLength = 1 << 20 // bytes of a query
	maxDepth  = 200     // parentheses and braces inside one another
	maxName   = 1024    // bytes of a field name, nested path included
)

// Parse reads a KQL query and lowers it. The empty query matches every event. An
// error is a *source.Error; its Unsupported is set when the query is valid but
// cannot be run exactly. The result is new and belongs to the caller.
func Parse(t source.Text) (query.Expr, error) {
	n, err := parse(t)
	if err != nil {
		return nil, err
	}
	return lowerer{t}.expr(n, "")
}
