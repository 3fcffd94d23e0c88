using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>Some lines of a shard of the index, in the order in which they came: one row. What it says of its lines stays in memory, the lines need not.</summary>
internal sealed class WorkflowIndexSegment(long number)
{
    /// <summary>Lines of one segment: a change of one writes them all.</summary>
    public const int Size = 32;

    private const int MarkBits = 256;

    /// <summary>A bit for each workflow name and search attribute of its lines: says which segments a filter need not read.</summary>
    private readonly ulong[] _marks = new ulong[MarkBits / 64];

    private int _statuses;

    public long Number => number;

    /// <summary>Null: only the store has the lines.</summary>
    public List<WorkflowIndexLine>? Lines { get; private set; }

    public string? Etag { get; set; }

    public int Count { get; private set; }

    /// <summary>When the first of its runs was started.</summary>
    public DateTimeOffset FirstUtc { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>When the last of its runs was started.</summary>
    public DateTimeOffset LastUtc { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>Runs that have not ended.</summary>
    public int OpenCount { get; private set; }

    /// <summary>Runs that must be woken when they were lost.</summary>
    public int LiveCount { get; private set; }

    /// <summary>When the first of its parked runs is to be woken.</summary>
    public DateTimeOffset DueUtc { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>When something was last heard of its runs, or they were asked.</summary>
    public DateTimeOffset HeardUtc { get; set; } = DateTimeOffset.MinValue;

    /// <summary>False: none of its lines matches, and it need not be read.</summary>
    public bool MayMatch(WorkflowFilter filter)
    {
        if (Count == 0
            || (filter.Statuses.Count > 0 && !filter.Statuses.Any(status => (_statuses & StatusBit(status)) != 0))
            || LastUtc < filter.StartedFromUtc
            || FirstUtc >= filter.StartedBeforeUtc)
        {
            return false;
        }

        Span<ulong> asked = stackalloc ulong[MarkBits / 64];
        WorkflowIndexRules.Mark(asked, filter);
        for (var index = 0; index < asked.Length; index++)
        {
            if ((asked[index] & ~_marks[index]) != 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A line has come or has changed. What the one before could be found by stays: a filter then reads the segment for nothing.</summary>
    public void Mark(WorkflowIndexLine line) => WorkflowIndexRules.Mark(_marks, line);

    /// <summary>Keeps the lines at hand, as they were read.</summary>
    public void Hold(List<WorkflowIndexLine> lines, string? etag)
    {
        (Lines, Etag) = (lines, etag);
        Array.Clear(_marks);
        lines.ForEach(Mark);
        Summarize();
    }

    /// <summary>Leaves the lines to the store.</summary>
    public void LetGo() => (Lines, Etag) = (null, null);

    /// <summary>After a change of the lines.</summary>
    public void Summarize()
    {
        (Count, _statuses, OpenCount, LiveCount) = (Lines!.Count, 0, 0, 0);
        (FirstUtc, LastUtc, DueUtc) = (DateTimeOffset.MaxValue, DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
        foreach (var line in Lines)
        {
            _statuses |= StatusBit(line.Status);
            OpenCount += line.HasEnded && !line.IsLive ? 0 : 1;
            LiveCount += line.IsLive ? 1 : 0;
            DueUtc = line.DueUtc < DueUtc ? line.DueUtc.Value : DueUtc;
            FirstUtc = line.StartedUtc < FirstUtc ? line.StartedUtc : FirstUtc;
            LastUtc = line.StartedUtc > LastUtc ? line.StartedUtc : LastUtc;
        }
    }

    private static int StatusBit(WorkflowRunStatus status) => 1 << ((int)status & 31);
}
