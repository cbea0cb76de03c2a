package lucene

import (
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// Limits of a query. They bound memory and recursion for rules from anywhere.
const (
	maxLength = 1 << 20 // bytes of a query
	maxDepth  = 200     // parentheses inside one another
)

// Parse reads a query_string query and lowers it. The empty query matches every
// event. An error is a *source.Error; its Unsupported is set when the query is
// valid but cannot be run exactly. The result is new and belongs to the caller.
func Parse(t source.Text) (query.Expr, error) {
	n, err := parse(t)
	if err != nil {
		return nil, err
	}
	return lowerer{t}.expr(n)
}
