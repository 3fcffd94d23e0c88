namespace OrleansFlow.Decisions.Queries;

/// <summary>Workers by their numbers, the best one first: a binary heap that knows where each one stands (Cormen et al., Introduction to Algorithms, chapter 6).</summary>
/// <param name="count">Workers, at least one for <see cref="First"/>.</param>
/// <param name="compare">Below 0 when the first one is better; two are never equal.</param>
internal sealed class WorkerHeap(int count, Comparison<int> compare)
{
    private readonly int[] _heap = [.. Enumerable.Range(0, count)];
    private readonly int[] _places = [.. Enumerable.Range(0, count)];

    /// <summary>Orders all of them anew.</summary>
    public void Order()
    {
        for (var place = (_heap.Length / 2) - 1; place >= 0; place--)
        {
            SinkFrom(place);
        }
    }

    /// <summary>The best one.</summary>
    /// <param name="not">One that only counts when there is no other; -1 for none.</param>
    public int First(int not) =>
        _heap[0] != not || _heap.Length == 1 ? _heap[0]
        : _heap.Length == 2 || compare(_heap[1], _heap[2]) < 0 ? _heap[1]
        : _heap[2];

    /// <summary>Says that one has become worse.</summary>
    public void Sink(int worker) => SinkFrom(_places[worker]);

    private void SinkFrom(int place)
    {
        while (true)
        {
            var child = (2 * place) + 1;
            if (child >= _heap.Length)
            {
                return;
            }

            if (child + 1 < _heap.Length && compare(_heap[child + 1], _heap[child]) < 0)
            {
                child++;
            }

            if (compare(_heap[place], _heap[child]) < 0)
            {
                return;
            }

            (_heap[place], _heap[child]) = (_heap[child], _heap[place]);
            (_places[_heap[place]], _places[_heap[child]]) = (place, child);
            place = child;
        }
    }
}
