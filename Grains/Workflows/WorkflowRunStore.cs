using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Events;
using OrleansFlow.Storage;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>Keeps a workflow's run as the log of its events: one row a commit, and now and then a snapshot, so that reading begins there.</summary>
/// <remarks>
/// A commit is one new row, in any storage: two activations cannot both write the row of one number. The snapshot only saves reading, so it
/// may be older than the log and is never needed for what a run is. A step costs the same however long its run is. Used by one grain inside its turns.
/// </remarks>
internal sealed partial class WorkflowRunStore(IServiceProvider services)
{
    /// <summary>Commits after which a new snapshot is written.</summary>
    public const int SnapshotEvery = 64;

    /// <summary>Before the log's rows in the order of names, so that one read gets it and the first of them.</summary>
    private const string SnapshotName = "wf-base";

    private readonly IGrainStorage _storage = services.GetRequiredKeyedService<IGrainStorage>(FlowGrainStorage.Name);
    private GrainId _grain;
    private string _grainText = "";
    private string? _snapshotETag;
    private readonly List<WorkflowRunEvent> _tail = [];
    private string? _startETag;
    private long _snapshotNext;
    private long _logStart;

    /// <summary>The events that were read after the snapshot, or all; the newest of the run until the first write.</summary>
    public IReadOnlyList<WorkflowRunEvent> Tail => _tail;

    /// <summary>The run before <see cref="Tail"/>; null when none was read.</summary>
    public WorkflowRunState? BeforeTail { get; private set; }

    /// <summary>Facts of events before <see cref="Tail"/> that were not known as published.</summary>
    public IReadOnlyList<RunFactRow> Facts { get; private set; } = [];

    /// <summary>Gets the events of a commit whose row will not be read again, and gives all facts up to it that are not known as published; null where none are.</summary>
    public Func<IReadOnlyList<WorkflowRunEvent>, List<RunFactRow>>? Untold { get; set; }

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
        var (begin, snapshot, ahead) = await ReadBeginAsync();
        if (!begin.RecordExists)
        {
            return null;
        }

        if (begin.State.Events.IsDefault)
        {
            (_startETag, LastEpoch) = (begin.ETag, begin.State.LastEpoch);
            if (snapshot.RecordExists)
            {
                await _storage.ClearStateAsync(SnapshotName, _grain, snapshot);
            }

            return null;
        }

        WorkflowRunState state;
        if (snapshot.RecordExists)
        {
            (_snapshotETag, _snapshotNext, First, IsDeleting) = (snapshot.ETag, snapshot.State.Next, snapshot.State.First, snapshot.State.Deleting);
            _links = snapshot.State.Links ?? [0];
            if (IsDeleting)
            {
                (Next, LastEpoch) = (_snapshotNext, snapshot.State.LastEpoch);
                return null;
            }

            var compiled = await definition(snapshot.State.Workflow, snapshot.State.Version);
            state = StoredState.Convert(_grainText, SnapshotName, () => WorkflowRunJson.ReadSnapshot(snapshot.State.Run.Utf8.Span, compiled));
            (Next, Facts, BeforeTail) = (_snapshotNext, snapshot.State.Facts ?? [], state);
        }
        else
        {
            var first = EventsOf(begin.State, 0);
            var started = (WorkflowRunEvent.Started)first[0];
            BeforeTail = WorkflowRunState.None(await definition(started.Workflow, started.Version));
            state = WorkflowRunDecider.ApplyAll(BeforeTail, first);
            _tail.AddRange(first);
            Next = 1;
        }

        // What came with the beginning is a part of the log's tail only where there is no snapshot.
        var (rows, isEnd) = Next == 1 ? ahead : await ReadCommitsAsync(Next, ReadsMin);
        while (true)
        {
            foreach (var row in rows)
            {
                var events = EventsOf(row, Next);
                _tail.AddRange(events);
                state = StoredState.Convert(_grainText, NameOf(Next), () => WorkflowRunDecider.ApplyAll(state, events));
                Next++;
            }

            if (isEnd)
            {
                _logStart = state.LogStart;
                return state;
            }

            (rows, isEnd) = await ReadCommitsAsync(Next, ReadsMax);
        }
    }

    /// <summary>Stores a commit; durable when it returns.</summary>
    /// <param name="state">The run after it.</param>
    /// <param name="events">What happened since the commit before.</param>
    /// <param name="mayWait">True when nobody waits for it soon.</param>
    /// <param name="before">The run before it.</param>
    public Task WriteAsync(WorkflowRunState state, IReadOnlyList<WorkflowRunEvent> events, bool mayWait, WorkflowRunState before)
    {
        _tail.Clear();
        (BeforeTail, Facts) = (null, []);
        if (Batch is not { } batch || state.LogStart != _logStart || Next + 1 - _snapshotNext >= SnapshotEvery)
        {
            return WriteWithSnapshotAsync(state, events, mayWait, before);
        }

        // The usual commit, without a frame of its own: what fails ends the activation, so nobody looks at these numbers then.
        var change = new GrainStateChange(
            NameOf(Next), typeof(WorkflowLogRow), RowOf(events), Next == 0 ? _startETag : null) { MayWait = mayWait };
        Next++;
        return batch.WriteAsync(_grainText, [change], CancellationToken.None);
    }

    private static WorkflowLogRow RowOf(IReadOnlyList<WorkflowRunEvent> events) => new()
    {
        Events = new Payload(WorkflowEventJson.ToUtf8(events is List<WorkflowRunEvent> list ? CollectionsMarshal.AsSpan(list) : [.. events])),
    };

    private async Task WriteWithSnapshotAsync(WorkflowRunState state, IReadOnlyList<WorkflowRunEvent> events, bool mayWait, WorkflowRunState before)
    {
        var row = RowOf(events);
        var begins = state.LogStart != _logStart;
        var next = Next + 1;
        List<long> links = begins ? [.. _links, Next] : _links;
        var first = begins ? FirstOf(links) : First;
        var snapshot = begins || next - _snapshotNext >= SnapshotEvery ? SnapshotOf(state, first, next, Untold?.Invoke(events), links) : null;
        var link = begins ? SnapshotOf(before, first, Next, facts: null, links: [0]) : null;
        if (Batch is { } batch)
        {
            List<GrainStateChange> changes = [new(NameOf(Next), typeof(WorkflowLogRow), row, Next == 0 ? _startETag : null) { MayWait = mayWait }];
            if (snapshot is not null)
            {
                changes.Add(new(SnapshotName, typeof(WorkflowSnapshotRow), snapshot, _snapshotETag) { MayWait = mayWait });
            }

            if (link is not null)
            {
                changes.Add(new(LinkOf(Next), typeof(WorkflowSnapshotRow), link, null) { MayWait = mayWait });
            }

            await batch.WriteAsync(_grainText, changes, CancellationToken.None);
            _snapshotETag = snapshot is null ? _snapshotETag : changes[1].NextETag;
        }
        else
        {
            await _storage.WriteStateAsync(
                NameOf(Next), _grain, new GrainState<WorkflowLogRow>(row) { ETag = (Next == 0 ? _startETag : null)!, RecordExists = Next == 0 && _startETag is not null });
            snapshot = await TryWriteAsync(link, LinkOf(Next)) && await TryWriteAsync(snapshot) ? snapshot : null;
        }

        (Next, _snapshotNext) = (next, snapshot is null ? _snapshotNext : next);
        if (snapshot is not null)
        {
            (First, _logStart, _links) = (first, state.LogStart, links);
        }
    }

    /// <summary>Deletes the run; what is left after a crash is deleted when the grain is activated again.</summary>
    /// <param name="lastEpoch">The highest epoch of the run.</param>
    /// <remarks>A small row stays: it keeps a later run of the same id from taking steps of this one for its own.</remarks>
    public async Task DeleteAsync(long lastEpoch)
    {
        var mark = new GrainState<WorkflowSnapshotRow>(new WorkflowSnapshotRow { Deleting = true, Next = Next, First = First, Links = _links, LastEpoch = lastEpoch })
        {
            ETag = _snapshotETag!, RecordExists = _snapshotETag is not null,
        };
        await _storage.WriteStateAsync(SnapshotName, _grain, mark);
        await ClearCommitsAsync(1, Next);
        foreach (var link in _links)
        {
            await ClearLinkAsync(link);
        }

        var begin = await ReadRowAsync(0);
        begin.State = new WorkflowLogRow { LastEpoch = lastEpoch };
        await _storage.WriteStateAsync(NameOf(0), _grain, begin);
        await _storage.ClearStateAsync(SnapshotName, _grain, mark);
        (_startETag, LastEpoch) = (begin.ETag, lastEpoch);
        (Next, First, _snapshotNext, _snapshotETag, IsDeleting, _logStart, _links) = (0, 0, 0, null, false, 0, [0]);
    }

    private static WorkflowSnapshotRow SnapshotOf(WorkflowRunState state, long first, long next, List<RunFactRow>? facts, List<long> links) => new()
    {
        Workflow = state.Workflow.Name,
        Version = state.Workflow.Version,
        First = first,
        Next = next,
        Run = new Payload(WorkflowRunJson.WriteSnapshot(state)),
        Facts = facts is { Count: > 0 } ? facts : null,
        Links = links is [0] ? null : links,
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
}
