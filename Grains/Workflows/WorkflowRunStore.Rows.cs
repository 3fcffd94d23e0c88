using System.Collections.Immutable;
using System.Globalization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Storage;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>How rows are named, read and deleted.</content>
internal sealed partial class WorkflowRunStore
{
    /// <summary>Rows that are read at once.</summary>
    private const int ReadsMax = 64;

    /// <summary>The same at first, because most runs that are read have had few commits.</summary>
    private const int ReadsMin = 8;

    /// <summary>The same where each row is a read of its own.</summary>
    private const int SingleReadsMin = 4;

    private IGrainStorageRange? Range => _storage as IGrainStorageRange;

    /// <summary>Of one length, so that their order is that of the numbers.</summary>
    private static string NameOf(long number) => string.Create(CultureInfo.InvariantCulture, $"wf-log-{number:D10}");

    /// <summary>The first row, the snapshot, and where it costs nothing more the rows that follow the first.</summary>
    private async Task<(GrainState<WorkflowLogRow> Begin, GrainState<WorkflowSnapshotRow> Snapshot, (List<WorkflowLogRow> Rows, bool IsEnd) Ahead)> ReadBeginAsync()
    {
        var begin = new GrainState<WorkflowLogRow>(new WorkflowLogRow());
        var snapshot = new GrainState<WorkflowSnapshotRow>(new WorkflowSnapshotRow());
        if (Range is not { } range)
        {
            await Task.WhenAll(_storage.ReadStateAsync(NameOf(0), _grain, begin), _storage.ReadStateAsync(SnapshotName, _grain, snapshot));
            return (begin, snapshot, begin.RecordExists && !snapshot.RecordExists ? await ReadCommitsAsync(1, SingleReadsMin) : ([], true));
        }

        var found = await range.ReadRangeAsync(_grainText, SnapshotName, "wf-log.", ReadsMin, CancellationToken.None);
        var place = 0;
        if (place < found.Count && found[place].Name == SnapshotName)
        {
            Set(snapshot, found[place++]);
        }

        if (place < found.Count && found[place].Name == NameOf(0))
        {
            Set(begin, found[place++]);
        }

        return (begin, snapshot, snapshot.RecordExists ? ([], true) : (Consecutive(found, place, 1), found.Count < ReadsMin));
    }

    /// <summary>Commits as they follow one another.</summary>
    /// <param name="from">Number of the first.</param>
    /// <param name="count">Most of them.</param>
    /// <returns>Those that are there, and whether no more follow.</returns>
    private async Task<(List<WorkflowLogRow> Rows, bool IsEnd)> ReadCommitsAsync(long from, int count)
    {
        List<WorkflowLogRow> rows;
        if (Range is { } range)
        {
            rows = Consecutive(await range.ReadRangeAsync(_grainText, NameOf(from), NameOf(from + count), count, CancellationToken.None), 0, from);
        }
        else
        {
            var read = await Task.WhenAll(Enumerable.Range(0, count).Select(offset => ReadRowAsync(from + offset)));
            rows = [.. read.TakeWhile(row => row is { RecordExists: true, State.Events.IsDefault: false }).Select(row => row.State)];
        }

        return (rows, rows.Count < count);
    }

    private static List<WorkflowLogRow> Consecutive(IReadOnlyList<StoredGrainState> found, int place, long number)
    {
        var rows = new List<WorkflowLogRow>(found.Count - place);
        for (; place < found.Count && found[place].Name == NameOf(number) && found[place].Read<WorkflowLogRow>() is { Events.IsDefault: false } row; place++, number++)
        {
            rows.Add(row);
        }

        return rows;
    }

    private static void Set<T>(GrainState<T> state, StoredGrainState found) => (state.State, state.ETag, state.RecordExists) = (found.Read<T>(), found.ETag, true);

    private async Task<GrainState<WorkflowLogRow>> ReadRowAsync(long number)
    {
        var row = new GrainState<WorkflowLogRow>(new WorkflowLogRow());
        await _storage.ReadStateAsync(NameOf(number), _grain, row);
        return row;
    }

    private ImmutableArray<WorkflowRunEvent> EventsOf(WorkflowLogRow row, long number) =>
        StoredState.Convert(_grainText, NameOf(number), () => WorkflowEventJson.Read(row.Events.Utf8));

    /// <summary>Deletes the commits of a range of numbers, those that are there.</summary>
    private async Task ClearAsync(long from, long before)
    {
        if (Range is { } range && Batch is { } batch)
        {
            var found = await range.ReadRangeAsync(_grainText, NameOf(from), NameOf(before), (int)(before - from), CancellationToken.None);
            if (found.Count > 0)
            {
                await batch.WriteAsync(
                    _grainText, [.. found.Select(row => new GrainStateChange(row.Name, typeof(WorkflowLogRow), null, row.ETag) { MayWait = true })], CancellationToken.None);
            }

            return;
        }

        await Task.WhenAll(Enumerable.Range(0, (int)(before - from)).Select(offset => ClearAsync(from + offset)));
    }

    private async Task ClearAsync(long number)
    {
        var row = await ReadRowAsync(number);
        if (row.RecordExists)
        {
            await _storage.ClearStateAsync(NameOf(number), _grain, row);
        }
    }
}
