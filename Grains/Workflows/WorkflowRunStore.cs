using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Storage;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>Keeps a workflow's run as the log of its events: one row a commit, and now and then a snapshot, so that reading begins there.</summary>
/// <remarks>
/// A commit is one new row, in any storage: two activations cannot both write the row of one number. The snapshot only saves reading, so it
/// may be older than the log and is never needed for what a run is. A step costs the same however long its run is. Used by one grain inside its turns.
/// </remarks>
internal sealed class WorkflowRunStore(IServiceProvider services)
{
    /// <summary>Commits after which a new snapshot is written.</summary>
    public const int SnapshotEvery = 64;

    private const string SnapshotName = "wf-run";

    /// <summary>Rows that are read at once.</summary>
    private const int ReadsMax = 16;

    /// <summary>The same at first, because most runs that are read have had few commits.</summary>
    private const int ReadsMin = 4;

    private readonly IGrainStorage _storage = services.GetRequiredKeyedService<IGrainStorage>(FlowGrainStorage.Name);
    private GrainId _grain;
    private string _grainText = "";
    private string? _snapshotETag;
    private readonly List<WorkflowRunEvent> _tail = [];
    private string? _startETag;
    private long _snapshotNext;
    private long _logStart;

    /// <summary>The events that were read after the snapshot, or after commit 0; the newest of the run until the first write.</summary>
    public IReadOnlyList<WorkflowRunEvent> Tail => _tail;

    /// <summary>Number of the next commit.</summary>
    public long Next { get; private set; }

    /// <summary>Number of the first commit that the history has, beside commit 0.</summary>
    public long First { get; private set; }

    /// <summary>True when a deletion was begun and did not end.</summary>
    public bool IsDeleting { get; private set; }

    /// <summary>Above all epochs of a deleted run with the same id; 0 for none.</summary>
    public long LastEpoch { get; private set; }

    private IGrainStorageBatch? Batch => _storage as IGrainStorageBatch;

    /// <summary>Reads the run.</summary>
    /// <param name="grain">The run's grain.</param>
    /// <param name="definition">Finds a definition by name and version.</param>
    /// <returns>Null when there is none.</returns>
    public async Task<WorkflowRunState?> LoadAsync(GrainId grain, Func<string, int, ValueTask<CompiledWorkflow>> definition)
    {
        (_grain, _grainText) = (grain, grain.ToString());
        var begin = await ReadRowAsync(0);
        if (!begin.RecordExists)
        {
            return null;
        }

        var snapshot = new GrainState<WorkflowSnapshotRow>(new WorkflowSnapshotRow());
        await _storage.ReadStateAsync(SnapshotName, _grain, snapshot);
        if (begin.State.Events.IsDefault)
        {
            (_startETag, LastEpoch) = (begin.ETag, begin.State.LastEpoch);
            if (snapshot.RecordExists)
            {
                await _storage.ClearStateAsync(SnapshotName, _grain, snapshot);
            }

            return null;
        }

        var first = EventsOf(begin, 0);
        WorkflowRunState state;
        if (snapshot.RecordExists)
        {
            (_snapshotETag, _snapshotNext, First, IsDeleting) = (snapshot.ETag, snapshot.State.Next, snapshot.State.First, snapshot.State.Deleting);
            if (IsDeleting)
            {
                (Next, LastEpoch) = (_snapshotNext, snapshot.State.LastEpoch);
                return null;
            }

            var compiled = await definition(snapshot.State.Workflow, snapshot.State.Version);
            state = StoredState.Convert(_grainText, SnapshotName, () => WorkflowRunJson.ReadSnapshot(snapshot.State.Run.Utf8.Span, compiled));
            Next = _snapshotNext;
        }
        else
        {
            var started = (WorkflowRunEvent.Started)first[0];
            state = WorkflowRunDecider.ApplyAll(WorkflowRunState.None(await definition(started.Workflow, started.Version)), first);
            Next = 1;
        }

        for (var reads = ReadsMin; ; reads = ReadsMax)
        {
            var window = await Task.WhenAll(Enumerable.Range(0, reads).Select(offset => ReadAsync(Next + offset)));
            foreach (var events in window.TakeWhile(events => events is not null))
            {
                _tail.AddRange(events!);
                state = StoredState.Convert(_grainText, NameOf(Next), () => WorkflowRunDecider.ApplyAll(state, events!));
                Next++;
            }

            if (window[^1] is null)
            {
                _logStart = state.LogStart;
                return state;
            }
        }
    }

    /// <summary>Stores a commit; durable when it returns.</summary>
    /// <param name="state">The run after it.</param>
    /// <param name="events">What happened since the commit before.</param>
    /// <param name="mayWait">True when nobody waits for it soon.</param>
    public Task WriteAsync(WorkflowRunState state, IReadOnlyList<WorkflowRunEvent> events, bool mayWait)
    {
        _tail.Clear();
        if (Batch is not { } batch || state.LogStart != _logStart || Next + 1 - _snapshotNext >= SnapshotEvery)
        {
            return WriteWithSnapshotAsync(state, events, mayWait);
        }

        // The usual commit, without a frame of its own: what fails ends the activation, so nobody looks at these numbers then.
        var change = new GrainStateChange(
            NameOf(Next), typeof(WorkflowLogRow), new WorkflowLogRow { Events = new Payload(WorkflowEventJson.ToUtf8([.. events])) }, Next == 0 ? _startETag : null) { MayWait = mayWait };
        Next++;
        return batch.WriteAsync(_grainText, [change], CancellationToken.None);
    }

    private async Task WriteWithSnapshotAsync(WorkflowRunState state, IReadOnlyList<WorkflowRunEvent> events, bool mayWait)
    {
        var row = new WorkflowLogRow { Events = new Payload(WorkflowEventJson.ToUtf8([.. events])) };
        var begins = state.LogStart != _logStart;
        var (first, next) = (begins ? Next : First, Next + 1);
        var snapshot = begins || next - _snapshotNext >= SnapshotEvery ? SnapshotOf(state, first, next) : null;
        if (Batch is { } batch)
        {
            List<GrainStateChange> changes = [new(NameOf(Next), typeof(WorkflowLogRow), row, Next == 0 ? _startETag : null) { MayWait = mayWait }];
            if (snapshot is not null)
            {
                changes.Add(new(SnapshotName, typeof(WorkflowSnapshotRow), snapshot, _snapshotETag) { MayWait = mayWait });
            }

            await batch.WriteAsync(_grainText, changes, CancellationToken.None);
            _snapshotETag = snapshot is null ? _snapshotETag : changes[1].NextETag;
        }
        else
        {
            await _storage.WriteStateAsync(
                NameOf(Next), _grain, new GrainState<WorkflowLogRow>(row) { ETag = (Next == 0 ? _startETag : null)!, RecordExists = Next == 0 && _startETag is not null });
            snapshot = await TryWriteAsync(snapshot) ? snapshot : null;
        }

        (Next, _snapshotNext) = (next, snapshot is null ? _snapshotNext : next);
        if (snapshot is not null)
        {
            (First, _logStart) = (first, state.LogStart);
        }
    }

    /// <summary>Commits as they are stored.</summary>
    /// <param name="after">Only those after this one.</param>
    /// <param name="limit">Most commits.</param>
    /// <returns>The number of the first, and the JSON of each; empty when there are none.</returns>
    public async Task<(long First, IReadOnlyList<Payload> Commits)> ReadLogAsync(long after, int limit)
    {
        // Commit 0 stays when a run has begun its log anew; its history then begins later.
        var begin = Math.Max(after + 1, First);
        var commits = new List<Payload>();
        while (begin + commits.Count < Next && commits.Count < limit)
        {
            var count = (int)Math.Min(Math.Min(ReadsMax, limit - commits.Count), Next - begin - commits.Count);
            var rows = await Task.WhenAll(Enumerable.Range(0, count).Select(offset => ReadRowAsync(begin + commits.Count + offset)));
            commits.AddRange(rows.Select(row => row.State.Events));
        }

        return (begin, commits);
    }

    /// <summary>The event that the run began with.</summary>
    public async Task<WorkflowRunEvent.Started?> ReadStartAsync() => (await ReadAsync(0))?[0] as WorkflowRunEvent.Started;

    /// <summary>Deletes commits that a newer beginning of the log has replaced.</summary>
    /// <param name="from">Number of the first of them; 1 or more.</param>
    /// <param name="to">Number after the last.</param>
    public async Task TrimAsync(long from, long to)
    {
        for (var number = Math.Max(1, from); number < to; number += ReadsMax)
        {
            await Task.WhenAll(Enumerable.Range(0, (int)Math.Min(ReadsMax, to - number)).Select(offset => ClearAsync(number + offset)));
        }
    }

    /// <summary>Deletes the run; what is left after a crash is deleted when the grain is activated again.</summary>
    /// <param name="lastEpoch">The highest epoch of the run.</param>
    /// <remarks>A small row stays: it keeps a later run of the same id from taking steps of this one for its own.</remarks>
    public async Task DeleteAsync(long lastEpoch)
    {
        var mark = new GrainState<WorkflowSnapshotRow>(new WorkflowSnapshotRow { Deleting = true, Next = Next, First = First, LastEpoch = lastEpoch })
        {
            ETag = _snapshotETag!, RecordExists = _snapshotETag is not null,
        };
        await _storage.WriteStateAsync(SnapshotName, _grain, mark);
        await TrimAsync(1, Next);
        var begin = await ReadRowAsync(0);
        begin.State = new WorkflowLogRow { LastEpoch = lastEpoch };
        await _storage.WriteStateAsync(NameOf(0), _grain, begin);
        await _storage.ClearStateAsync(SnapshotName, _grain, mark);
        (_startETag, LastEpoch) = (begin.ETag, lastEpoch);
        (Next, First, _snapshotNext, _snapshotETag, IsDeleting, _logStart) = (0, 0, 0, null, false, 0);
    }

    private static string NameOf(long number) => string.Create(CultureInfo.InvariantCulture, $"wf-log-{number}");

    private static WorkflowSnapshotRow SnapshotOf(WorkflowRunState state, long first, long next) => new()
    {
        Workflow = state.Workflow.Name,
        Version = state.Workflow.Version,
        First = first,
        Next = next,
        Run = new Payload(WorkflowRunJson.WriteSnapshot(state)),
    };

    private async Task<bool> TryWriteAsync(WorkflowSnapshotRow? snapshot)
    {
        if (snapshot is null)
        {
            return false;
        }

        try
        {
            var state = new GrainState<WorkflowSnapshotRow>(snapshot) { ETag = _snapshotETag!, RecordExists = _snapshotETag is not null };
            await _storage.WriteStateAsync(SnapshotName, _grain, state);
            _snapshotETag = state.ETag;
            return true;
        }
        catch (Exception)
        {
            // The commit stands without it; the next one tries again.
            return false;
        }
    }

    private async Task<GrainState<WorkflowLogRow>> ReadRowAsync(long number)
    {
        var row = new GrainState<WorkflowLogRow>(new WorkflowLogRow());
        await _storage.ReadStateAsync(NameOf(number), _grain, row);
        return row;
    }

    private async Task<ImmutableArray<WorkflowRunEvent>?> ReadAsync(long number) =>
        await ReadRowAsync(number) is { RecordExists: true, State.Events.IsDefault: false } row ? EventsOf(row, number) : null;

    private ImmutableArray<WorkflowRunEvent> EventsOf(GrainState<WorkflowLogRow> row, long number) =>
        StoredState.Convert(_grainText, NameOf(number), () => WorkflowEventJson.Read(row.State.Events.Utf8));

    private async Task ClearAsync(long number)
    {
        var row = await ReadRowAsync(number);
        if (row.RecordExists)
        {
            await _storage.ClearStateAsync(NameOf(number), _grain, row);
        }
    }
}
