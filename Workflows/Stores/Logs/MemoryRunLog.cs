using System.Text.Json;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>Rows in memory, as bytes, so that what a test reads is what a database would hold.</summary>
internal sealed class MemoryRunLog : IRunLog
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Rows> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RunId> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<WorkflowVersion, byte[]> _definitions = [];
    private readonly SortedDictionary<string, WorkerHealth> _workers = new(StringComparer.Ordinal);

    public bool IsExclusive => true;

    public ValueTask OpenAsync(Action<RunLine?> changed, CancellationToken cancellationToken) => default;

    public Task<AppendAnswer> AppendAsync(RunAppend append)
    {
        lock (_gate)
        {
            return Task.FromResult(append.AfterPosition == 0 ? CreateWhileLocked(append) : AppendWhileLocked(append));
        }
    }

    public ValueTask<RunLine?> FindAsync(RunId run, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new(_runs.GetValueOrDefault(run.Value)?.Line);
        }
    }

    public ValueTask<StoredRun?> LoadAsync(RunId run, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new(_runs.TryGetValue(run.Value, out var rows)
                ? new StoredRun(rows.Line, rows.Snapshot, [.. rows.Commits.Where(commit => commit.Position > rows.SnapshotPosition).Select(commit => commit.Events)])
                : null);
        }
    }

    public ValueTask<IReadOnlyList<byte[]>> ReadAsync(RunId run, long after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new(_runs.TryGetValue(run.Value, out var rows)
                ? [.. rows.Commits.Where(commit => commit.Position > after && commit.Before < after + limit).Select(commit => commit.Events)]
                : []);
        }
    }

    public Task DeleteAsync(RunId run)
    {
        lock (_gate)
        {
            if (_runs.Remove(run.Value, out var rows) && rows.Line.Key is { } key)
            {
                _keys.Remove(key);
            }

            return Task.CompletedTask;
        }
    }

    public ValueTask<RunPage> ListAsync(RunListFilter filter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var lines = _runs.Values.Select(rows => rows.Line)
                .Where(line => string.CompareOrdinal(line.Id.Value, filter.After) > 0
                    && line.Id.Value.StartsWith(filter.IdPrefix, StringComparison.Ordinal)
                    && (filter.Workflow is null || line.Workflow.Name == filter.Workflow)
                    && (filter.Status is null || line.Status == filter.Status)
                    && (filter.StartedFromUtc is null || line.StartedUtc >= filter.StartedFromUtc)
                    && (filter.StartedBeforeUtc is null || line.StartedUtc < filter.StartedBeforeUtc))
                .Take(filter.Limit + 1)
                .Select(line => new WorkflowRunLine(line.Id, line.Workflow, line.Status, line.StartedUtc, line.EndedUtc))
                .ToList();
            return new(RunPages.Of(lines, filter.Limit));
        }
    }

    public ValueTask<IReadOnlyList<RunLine>> ListCaresAsync(DateTimeOffset wakeBeforeUtc, RunId after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new([.. _runs.Values.Select(rows => rows.Line)
                .Where(line => string.CompareOrdinal(line.Id.Value, after.Value) > 0 && (line.Needs != RunNeeds.None || line.WakeUtc < wakeBeforeUtc))
                .Take(limit)]);
        }
    }

    public ValueTask SaveDefinitionAsync(CompiledWorkflow workflow, CancellationToken cancellationToken)
    {
        var version = new WorkflowVersion(workflow.Name, workflow.Version);
        lock (_gate)
        {
            if (_definitions.TryGetValue(version, out var kept))
            {
                KeptDefinitions.RequireSame(JsonSerializer.Deserialize<CompiledWorkflow>(kept)!, workflow);
            }

            _definitions[version] = JsonSerializer.SerializeToUtf8Bytes(workflow);
            return default;
        }
    }

    public ValueTask<CompiledWorkflow?> FindDefinitionAsync(WorkflowVersion workflow, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var version = workflow.Version > 0 ? workflow : _definitions.Keys.Where(known => known.Name == workflow.Name).MaxBy(known => known.Version);
            return new(_definitions.TryGetValue(version, out var kept) ? JsonSerializer.Deserialize<CompiledWorkflow>(kept) : null);
        }
    }

    public ValueTask RenewAsync(StepToken step, DateTimeOffset untilUtc, CancellationToken cancellationToken) => default;

    public ValueTask<IReadOnlyList<RenewedLease>> ListRenewedAsync(RunId run, CancellationToken cancellationToken) => new([]);

    public ValueTask SaveWorkerAsync(WorkerHealth worker, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _workers[worker.Id.Value] = worker;
            return default;
        }
    }

    public ValueTask<IReadOnlyList<WorkerHealth>> ListWorkersAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new([.. _workers.Values]);
        }
    }

    public ValueTask DisposeAsync() => default;

    private AppendAnswer CreateWhileLocked(RunAppend append)
    {
        var line = append.Line;
        if (line.Key is { } key && _keys.TryGetValue(key, out var holder))
        {
            return new(IsAppended: false, holder);
        }

        if (_runs.ContainsKey(line.Id.Value))
        {
            return new(IsAppended: false, line.Id);
        }

        if (line.Key is { } free)
        {
            _keys[free] = line.Id;
        }

        var rows = new Rows(line);
        rows.Write(append);
        _runs[line.Id.Value] = rows;
        return AppendAnswer.Appended;
    }

    private AppendAnswer AppendWhileLocked(RunAppend append)
    {
        if (!_runs.TryGetValue(append.Line.Id.Value, out var rows) || rows.Line.Position != append.AfterPosition || rows.Line.Tip != append.AfterTip)
        {
            return AppendAnswer.Conflict;
        }

        rows.Write(append);
        return AppendAnswer.Appended;
    }

    private sealed class Rows(RunLine line)
    {
        public RunLine Line { get; private set; } = line;

        public List<(long Before, long Position, byte[] Events)> Commits { get; } = [];

        public byte[]? Snapshot { get; private set; }

        public long SnapshotPosition { get; private set; }

        public void Write(RunAppend append)
        {
            Line = append.Line;
            Commits.Add((append.AfterPosition, append.Line.Position, append.Events));
            if (append.Snapshot is not null)
            {
                (Snapshot, SnapshotPosition) = (append.Snapshot, append.Line.Position);
            }
        }
    }
}
