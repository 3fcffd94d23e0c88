using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Some lines of a shard of the run listing, in the order in which they came: one row. What it says of its lines stays in memory, the lines need not.</summary>
internal sealed class RunCatalogSegment(long number)
{
    /// <summary>Lines of one segment: a change of one writes them all.</summary>
    public const int Size = 32;

    private int _statuses;

    public long Number => number;

    /// <summary>Null: only the store has the lines.</summary>
    public List<RunLine>? Lines { get; private set; }

    public string? Etag { get; set; }

    public int Count { get; private set; }

    /// <summary>When the first of its runs was submitted.</summary>
    public DateTimeOffset FirstUtc { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>When the last of its runs was submitted.</summary>
    public DateTimeOffset LastUtc { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>Whether all of its runs have ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether one of its runs may be in one of these states; true for none given.</summary>
    public bool HasAny(IReadOnlyList<RunStatus> statuses) => statuses.Count == 0 || statuses.Any(status => (_statuses & (1 << (int)status)) != 0);

    /// <summary>Keeps the lines at hand, as they were read.</summary>
    public void Hold(List<RunLine> lines, string? etag)
    {
        (Lines, Etag) = (lines, etag);
        Summarize();
    }

    /// <summary>Leaves the lines to the store.</summary>
    public void LetGo() => (Lines, Etag) = (null, null);

    /// <summary>After a change of the lines.</summary>
    public void Summarize()
    {
        (Count, _statuses, HasEnded) = (Lines!.Count, 0, true);
        (FirstUtc, LastUtc) = (DateTimeOffset.MaxValue, DateTimeOffset.MinValue);
        foreach (var line in Lines)
        {
            _statuses |= 1 << (int)line.Status;
            HasEnded &= line.EndedUtc is not null;
            FirstUtc = line.SubmittedUtc < FirstUtc ? line.SubmittedUtc : FirstUtc;
            LastUtc = line.SubmittedUtc > LastUtc ? line.SubmittedUtc : LastUtc;
        }
    }
}
