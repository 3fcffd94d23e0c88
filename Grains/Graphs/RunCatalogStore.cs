using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <summary>
/// Keeps a shard's lines in segments, rows of their own, so that a change costs one segment and not the listing. Concurrent changes share one write.
/// </summary>
/// <remarks>
/// A line stays in the segment that it came to, so each change is one row's write and needs no other. In memory are the lines of the newest
/// segments and of those whose runs have not all ended; of the others only from when to when and which states, which says whether a listing
/// has to read them. Used by one re-entrant grain inside its turns. After a write that failed nobody knows what the rows hold, so nothing more
/// is written; the next activation reads what is there.
/// </remarks>
/// <param name="services">Where the storage is.</param>
/// <param name="failed">Called when a write failed, before its callers hear of it.</param>
internal sealed partial class RunCatalogStore(IServiceProvider services, Action failed)
{
    private const string HeadName = "catalog";

    /// <summary>Newest segments whose lines stay in memory: what is listed most.</summary>
    private const int HotSegments = 16;

    /// <summary>Segment numbers are taken from the head in blocks, so that the head is written once for many segments.</summary>
    private const int SegmentBlock = 64;

    private const int ReadsMax = 32;

    private readonly IGrainStorage _storage = services.GetRequiredKeyedService<IGrainStorage>(FlowGrainStorage.Name);
    private readonly GrainState<RunCatalogState> _head = new(new RunCatalogState());
    private readonly SortedDictionary<long, RunCatalogSegment> _segments = [];
    private readonly Dictionary<string, RunCatalogSegment> _places = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, RunCatalogSegment> _changed = [];
    private GrainId _grain;
    private long _lastSegment;
    private Task _reserving = Task.CompletedTask;

    /// <summary>No run of a segment whose lines only the store has was submitted later.</summary>
    private DateTimeOffset _coldUtc = DateTimeOffset.MinValue;

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
                    var segment = new RunCatalogSegment(window[index]);
                    _segments.Add(segment.Number, segment);
                    Hold(segment, row);
                    Cool(segment, isOld: true);
                }
            }
        }

        // New lines go into a new number only when the last one is full.
        _lastSegment = _segments.Count > 0 ? _segments.Keys.Last() : _head.State.NextSegment - 1;
        if (_head.State.Runs is { Count: > 0 } first)
        {
            // The first form: its lines are put into segments, and the head, which then names them, is written last.
            await Task.WhenAll(Enumerable.Reverse(first).Select(RecordAsync));
            _head.State.Runs = null;
            await WriteHeadAsync();
        }
    }

    /// <summary>Inserts or replaces a line, unless a newer version of it is known; durable when it returns.</summary>
    public async Task RecordAsync(RunLine line)
    {
        ThrowIfFailed();
        if (await FindAsync(line.Run, line.SubmittedUtc) is { } found)
        {
            var index = found.Lines!.FindIndex(one => one.Run == line.Run);
            if (found.Lines[index].Version >= line.Version)
            {
                await (_waiting?.Task ?? _writing);
                return;
            }

            found.Lines[index] = line;
            await WriteAsync(found);
            return;
        }

        var segment = await CurrentAsync();
        if (_places.ContainsKey(line.Run))
        {
            // Another call has recorded the run meanwhile.
            await RecordAsync(line);
            return;
        }

        segment.Lines!.Add(line);
        _places[line.Run] = segment;
        await WriteAsync(segment);
    }

    /// <summary>Forgets a line; durable when it returns. One that is not known is fine.</summary>
    public async Task RemoveAsync(string run, DateTimeOffset submittedUtc)
    {
        ThrowIfFailed();
        if (await FindAsync(run, submittedUtc) is { } found)
        {
            found.Lines!.RemoveAll(line => line.Run == run);
            _places.Remove(run);
            await WriteAsync(found);
        }
    }

    /// <summary>Lines in their order, newest or oldest first.</summary>
    /// <param name="limit">Most lines.</param>
    /// <param name="newestFirst">Which way.</param>
    /// <param name="from">Only lines that come after this one; null: from the beginning.</param>
    /// <param name="statuses">Only these; empty for all.</param>
    public async Task<List<RunLine>> ListAsync(
        int limit, bool newestFirst, (DateTimeOffset SubmittedUtc, string Run)? from, IReadOnlyList<RunStatus> statuses)
    {
        var sign = newestFirst ? -1 : 1;
        var order = Comparer<RunLine>.Create((left, right) => sign * RunLine.Compare(left.Place, right.Place));
        var found = new List<RunLine>();
        var candidates = _segments.Values
            .Where(segment => segment.Count > 0 && segment.HasAny(statuses)
                && (from is not { } after || (newestFirst ? segment.FirstUtc <= after.SubmittedUtc : segment.LastUtc >= after.SubmittedUtc)))
            .OrderBy(segment => newestFirst ? -segment.LastUtc.UtcTicks : segment.FirstUtc.UtcTicks)
            .ToList();
        foreach (var segment in candidates)
        {
            if (found.Count >= limit)
            {
                // Segments overlap a little: a run may be recorded after one that was submitted later.
                found.Sort(order);
                found.RemoveRange(limit, found.Count - limit);
                if (newestFirst ? found[^1].SubmittedUtc > segment.LastUtc : found[^1].SubmittedUtc < segment.FirstUtc)
                {
                    return found;
                }
            }

            found.AddRange((segment.Lines ?? (await ReadAsync(segment.Number)).State.Runs)
                .Where(line => statuses.Count == 0 || statuses.Contains(line.Status))
                .Where(line => from is not { } after || sign * RunLine.Compare(line.Place, after) > 0));
        }

        found.Sort(order);
        return found.Count > limit ? found[..limit] : found;
    }
}
