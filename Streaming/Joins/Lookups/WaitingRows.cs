using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Streaming.Joins.Lookups;

/// <summary>Rows whose answers are awaited, or a watermark that came behind such rows. One caller at a time.</summary>
internal sealed class WaitingRows : IDisposable
{
    private readonly HashSet<LookupPage> _pages = [];

    /// <summary>The rows; null for a watermark.</summary>
    public RecordBatch? Batch { get; init; }

    /// <summary>The watermark, where there are no rows.</summary>
    public Watermark Watermark { get; init; }

    /// <summary>For each row the number of its key; -1 for none.</summary>
    public int[] Numbers { get; init; } = [];

    /// <summary>The bytes of each key.</summary>
    public List<byte[]> Keys { get; init; } = [];

    /// <summary>The answer for each key, once it is there.</summary>
    public LookupEntry[] Entries { get; init; } = [];

    /// <summary>What is awaited: the numbers of the keys of each request.</summary>
    public List<(Task<LookupResult> Asked, int[] Numbers)> Requests { get; } = [];

    /// <summary>Whether all requests have ended, well or not.</summary>
    public bool IsReady => Requests.TrueForAll(static request => request.Asked.IsCompleted);

    /// <summary>Takes an answer in, whose rows stay until this is disposed.</summary>
    public void Set(int number, LookupEntry entry)
    {
        Entries[number] = entry;
        if (_pages.Add(entry.Page))
        {
            entry.Page.Use();
        }
    }

    /// <summary>The row of each row's key, in the order of the rows; nulls where there is none.</summary>
    /// <param name="schema">The columns of the answers.</param>
    /// <param name="allocator">Memory of the result, which the caller owns.</param>
    public RecordBatch Found(ArrowSchema schema, ArrowAllocator allocator)
    {
        var count = Batch!.RowCount;
        var rows = new int[count];
        var parts = new List<RecordBatch>();
        try
        {
            // Of each answer what is wanted of it, once: a cache may hold far more than that.
            var places = new int[Entries.Length];
            Array.Fill(places, -1);
            var taken = 0;
            foreach (var page in _pages)
            {
                var wanted = new List<int>();
                for (var number = 0; number < Entries.Length; number++)
                {
                    if (Entries[number].Page == page && Entries[number].Row >= 0)
                    {
                        places[number] = taken + wanted.Count;
                        wanted.Add(Entries[number].Row);
                    }
                }

                taken += wanted.Count;
                if (wanted.Count > 0)
                {
                    parts.Add(ArrowTake.Take(page.Rows, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(wanted), allocator));
                }
            }

            for (var row = 0; row < count; row++)
            {
                rows[row] = Numbers[row] < 0 ? -1 : places[Numbers[row]];
            }

            if (parts.Count == 0)
            {
                using var none = new RecordBatchBuilder(schema, allocator);
                parts.Add(none.Build());
            }

            using var all = ArrowTake.Concat(parts, allocator);
            return ArrowTake.Take(all, rows, allocator);
        }
        finally
        {
            parts.ForEach(static part => part.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Batch?.Dispose();
        foreach (var page in _pages)
        {
            page.Release();
        }

        _pages.Clear();
    }
}
