package correlate

// queue is first in, first out. Its items have positions that count on from 0 and stay
// the same while items before them leave. The zero queue is empty.
type queue[T any] struct {
	items []T // items[head:] are in the queue
	head  int
	start int // position of items[head]
}

func (q *queue[T]) len() int { return len(q.items) - q.head }

// end returns the position that the next item will have.
func (q *queue[T]) end() int { return q.start + q.len() }

// at returns the item at a position from start up to end.
func (q *queue[T]) at(position int) *T { return &q.items[q.head+position-q.start] }

func (q *queue[T]) push(item T) { q.items = append(q.items, item) }

// pop takes the first item. Space is reclaimed when half of it is unused, so that a
// pop costs constant time on average and memory follows the length.
func (q *queue[T]) pop() T {
	var none T
	item := q.items[q.head]
	q.items[q.head] = none
	q.head++
	q.start++
	if q.head*2 > len(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	return item
}

// smallQueue is how many items a queue keeps room for when it is reset: one key with
// much evidence must not hold memory through all others.
const smallQueue = 1 << 12

func (q *queue[T]) reset() {
	clear(q.items)
	items := q.items[:0]
	if cap(items) > smallQueue {
		items = nil
	}
	*q = queue[T]{items: items}
}
