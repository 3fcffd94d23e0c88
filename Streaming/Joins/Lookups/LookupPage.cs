using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Joins.Lookups;

/// <summary>One answer of a lookup, which goes when nobody uses it any more. One caller at a time.</summary>
/// <param name="rows">The rows; it owns them.</param>
/// <param name="askedAt">When it was asked for, as the clock counts.</param>
internal sealed class LookupPage(RecordBatch rows, long askedAt)
{
    private int _useCount = 1;

    public RecordBatch Rows => rows;

    public long AskedAt => askedAt;

    /// <summary>The keys that it answers, found or not, while the cache has it.</summary>
    public List<byte[]> Keys { get; } = [];

    public void Use() => _useCount++;

    public void Release()
    {
        if (--_useCount == 0)
        {
            rows.Dispose();
        }
    }
}

/// <summary>The answer for one key.</summary>
/// <param name="Page">Where it is.</param>
/// <param name="Row">The row there; -1: there is none of that key.</param>
internal readonly record struct LookupEntry(LookupPage Page, int Row);
