using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workflows;

/// <summary>
/// Keeps a shard's lines in segments, rows of their own, so that a change costs one segment and not the index. Concurrent changes share one write.
/// </summary>
/// <remarks>
/// A line stays in the segment that it came to, so each change is one row's write and needs no other. In memory are the lines of the newest
/// segments, of those with live runs and of those with a run that is woken soon; of the others only from when to when, which states, what they
/// can be found by, and when the first of their runs is to be woken. So a parked run costs a few bytes. Used by one re-entrant grain inside its
/// turns. After a write that failed nobody knows what the rows hold, so nothing more is written; the next activation reads what is there.
/// </remarks>
/// <param name="services">Where the storage is.</param>
/// <param name="clock">Says what is soon.</param>
/// <param name="failed">Called when a write failed, before its callers hear of it.</param>
internal sealed partial class WorkflowIndexStore(IServiceProvider services, TimeProvider clock, Action failed)
{
    private const string HeadName = "index";

    /// <summary>Newest segments whose lines stay in memory: what is listed most.</summary>
    private const int HotSegments = 8;

    /// <summary>Segment numbers are taken from the head in blocks, so that the head is written once for many segments.</summary>
    private const int SegmentBlock = 64;

    private const int ReadsMax = 32;

    /// <summary>A segment with a run that is woken sooner stays in memory.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly IGrainStorage _storage = services.GetRequiredKeyedService<IGrainStorage>(FlowGrainStorage.Name);
    private readonly GrainState<WorkflowIndexHead> _head = new(new WorkflowIndexHead());
    private readonly SortedDictionary<long, WorkflowIndexSegment> _segments = [];
    private readonly SortedSet<(DateTimeOffset DueUtc, long Segment)> _due = [];
    private readonly SortedSet<long> _live = [];
    private readonly Dictionary<string, WorkflowIndexSegment> _places = new(StringComparer.Ordinal);
    private GrainId _grain;
    private long _lastSegment;
    private Task _reserving = Task.CompletedTask;

    /// <summary>No run of a segment whose lines only the store has was started later.</summary>
    private DateTimeOffset _coldUtc = DateTimeOffset.MinValue;

    /// <summary>Runs that have not ended.</summary>
    public int OpenCount { get; private set; }

    /// <summary>When the first parked run is to be woken.</summary>
    public DateTimeOffset DueUtc => _due.Count > 0 ? _due.Min.DueUtc : DateTimeOffset.MaxValue;

    /// <summary>Segments whose lines are in memory; what tests look at.</summary>
    public int HeldCount => _segments.Values.Count(segment => segment.Lines is not null);

    /// <summary>Reads what is stored.</summary>
    public async Task LoadAsync(GrainId grain)
    {
        _grain = grain;
        await _storage.ReadStateAsync(HeadName, _grain, _head);
        var count = (int)(_head.State.NextSegment - _head.State.FirstSegment);
        foreach (var window in Enumerable.Range(0, count).Select(index => _head.State.FirstSegment + index).Chunk(ReadsMax))
        {
            var reads = window.Select(ReadAsync).ToList();
            for (var index = 0; index < window.Length; index++)
            {
                if (await reads[index] is { RecordExists: true } row)
                {
                    var segment = new WorkflowIndexSegment(window[index]);
                    _segments.Add(segment.Number, segment);
                    Hold(segment, row);
                    Cool(segment, isOld: true);
                }
            }
        }

        // New lines go into a new number only when the last one is full.
        _lastSegment = _segments.Count > 0 ? _segments.Keys.Last() : _head.State.NextSegment - 1;
    }

    /// <summary>Inserts or replaces a line, unless newer news of it are known.</summary>
    /// <param name="line">The news.</param>
    /// <param name="mayShare">Whether a new line may wait a moment for other commits, to share one.</param>
    /// <returns>Completes when the news are durable, where somebody waits for that; see <see cref="WorkflowIndexRules.Judge"/>.</returns>
    public async Task RecordAsync(WorkflowIndexLine line, bool mayShare = false)
    {
        ThrowIfFailed();
        if (await FindAsync(line.Run, line.StartedUtc) is { } found)
        {
            var index = found.Lines!.FindIndex(one => one.Run == line.Run);
            var news = WorkflowIndexRules.Judge(found.Lines[index], line);
            line = WorkflowIndexRules.Put(found.Lines[index], line, clock.GetUtcNow());
            if (news != WorkflowNews.Old && line.Attributes is not null)
            {
                found.Mark(line);
            }

            switch (news)
            {
                case WorkflowNews.Urgent:
                    found.Lines[index] = line;
                    await WriteAsync(found);
                    return;
                case WorkflowNews.MayWait:
                    found.Lines[index] = line;
                    Keep(found);
                    return;
                default:
                    // What is known may be on its way to the disk still.
                    await (_waiting?.Task ?? _writing);
                    return;
            }
        }

        var segment = await CurrentAsync();
        if (_places.ContainsKey(line.Run))
        {
            // Another call has recorded the run meanwhile.
            await RecordAsync(line, mayShare);
            return;
        }

        segment.Lines!.Add(line);
        segment.Mark(line);
        _places[line.Run] = segment;
        await WriteAsync(segment, mayShare);
    }

    /// <summary>Forgets a line; durable when it returns. One that is not known is fine.</summary>
    public async Task RemoveAsync(string run, DateTimeOffset startedUtc)
    {
        ThrowIfFailed();
        if (await FindAsync(run, startedUtc) is { } found)
        {
            found.Lines!.RemoveAll(line => line.Run == run);
            _places.Remove(run);
            await WriteAsync(found);
        }
    }

    /// <summary>
    /// The runs of one segment whose time has come. From here on they count as live, in memory alone: a stored line whose time has passed says the same.
    /// </summary>
    public async Task<List<string>> TakeDueAsync(DateTimeOffset nowUtc)
    {
        ThrowIfFailed();
        var runs = new List<string>();
        while (runs.Count == 0 && DueUtc <= nowUtc)
        {
            var segment = _segments[_due.Min.Segment];
            await HoldAsync(segment);
            for (var index = 0; index < segment.Lines!.Count; index++)
            {
                if (segment.Lines[index] is { } line && line.DueUtc <= nowUtc)
                {
                    segment.Lines[index] = line with { WakeUtc = null };
                    runs.Add(line.Run);
                }
            }

            segment.HeardUtc = nowUtc;
            Summarize(segment);
        }

        return runs;
    }

    /// <summary>A run could not be woken: it is due once more, unless something was heard of it meanwhile.</summary>
    public void Postpone(string run, DateTimeOffset dueUtc)
    {
        if (_places.TryGetValue(run, out var segment) && segment.Lines!.FindIndex(line => line.Run == run && line.IsLive) is >= 0 and var index)
        {
            segment.Lines[index] = segment.Lines[index] with { WakeUtc = dueUtc };
            Summarize(segment);
        }
    }

    /// <summary>The live runs of one segment of which nothing was heard since a moment, which must not lie ahead; they count as asked now.</summary>
    public List<string> TakeSilent(DateTimeOffset heardBeforeUtc, DateTimeOffset nowUtc)
    {
        foreach (var number in _live)
        {
            if (_segments[number] is { } segment && segment.HeardUtc < heardBeforeUtc)
            {
                segment.HeardUtc = nowUtc;
                return [.. segment.Lines!.Where(line => line.IsLive).Select(line => line.Run)];
            }
        }

        return [];
    }

    /// <summary>Lines in their order.</summary>
    /// <param name="filter">Which ones, and from which end.</param>
    /// <param name="after">Only lines that come after this one; null: from the beginning.</param>
    /// <param name="limit">Most lines.</param>
    public async Task<List<WorkflowIndexLine>> ListAsync(WorkflowFilter filter, (DateTimeOffset StartedUtc, string Run)? after, int limit)
    {
        var sign = filter.OldestFirst ? 1 : -1;
        var order = Comparer<WorkflowIndexLine>.Create((left, right) => sign * WorkflowIndexLine.Compare(left.Place, right.Place));
        var found = new List<WorkflowIndexLine>();
        var candidates = _segments.Values
            .Where(segment => segment.MayMatch(filter)
                && (after is not { } place || (filter.OldestFirst ? segment.LastUtc >= place.StartedUtc : segment.FirstUtc <= place.StartedUtc)))
            .OrderBy(segment => filter.OldestFirst ? segment.FirstUtc.UtcTicks : -segment.LastUtc.UtcTicks)
            .ToList();
        foreach (var segment in candidates)
        {
            if (found.Count >= limit)
            {
                // Segments overlap a little: a run may be recorded after one that was started later.
                found.Sort(order);
                found.RemoveRange(limit, found.Count - limit);
                if (filter.OldestFirst ? found[^1].StartedUtc < segment.FirstUtc : found[^1].StartedUtc > segment.LastUtc)
                {
                    return found;
                }
            }

            found.AddRange((segment.Lines ?? (await ReadAsync(segment.Number)).State.Runs)
                .Where(line => WorkflowIndexRules.Matches(filter, line))
                .Where(line => after is not { } place || sign * WorkflowIndexLine.Compare(line.Place, place) > 0));
        }

        found.Sort(order);
        return found.Count > limit ? found[..limit] : found;
    }
}
