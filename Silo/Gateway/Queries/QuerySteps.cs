using Google.Protobuf;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Sql.Adaptive;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Worker.Queries.Outputs;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// The stages of a running query: which of them have begun, and as what the others begin now that some have ended. Not thread-safe: the loop of
/// the query's control is its only user once the query runs.
/// </summary>
internal sealed class QuerySteps
{
    private readonly QueryMode _mode;
    private readonly StageSteps? _steps;
    private readonly QueryStage?[] _begun;
    private readonly StageAssignment?[] _assignments;
    private readonly Dictionary<int, (int Attempt, TaskReport? Report)>[] _tasks;
    private readonly KeyBloom?[] _needed;
    private readonly List<DynamicFilter> _filters = [];
    private readonly Dictionary<int, int> _positions;
    private readonly List<QueryChange> _changes = [];

    /// <param name="plan">As planned.</param>
    /// <param name="mode">How it runs.</param>
    public QuerySteps(DistributedPlan plan, QueryMode mode)
    {
        Plan = plan;
        _mode = mode;
        _begun = new QueryStage?[plan.Stages.Count];
        _assignments = new StageAssignment?[plan.Stages.Count];
        _tasks = [.. plan.Stages.Select(_ => new Dictionary<int, (int, TaskReport?)>())];
        _needed = new KeyBloom?[plan.Stages.Count];
        _positions = plan.Stages.Select((stage, position) => (stage.Id, position)).ToDictionary(pair => pair.Id, pair => pair.position);
        var waits = mode.Adaptive is null ? [] : Waits().ToList();
        foreach (var filter in mode.FilterRowCountMin is { } rowCountMin ? DynamicFilter.Of(plan, rowCountMin) : [])
        {
            TryFilter(filter, waits);
        }

        _steps = mode.Adaptive is null && _filters.Count == 0 ? null : StageSteps.Of(plan, IsKept, waits);
    }

    /// <summary>The plan with what was changed so far.</summary>
    public DistributedPlan Plan { get; private set; }

    /// <summary>What was changed, in the order of time. Safe to read when the query has ended.</summary>
    public IReadOnlyList<QueryChange> Changes => _changes;

    /// <summary>All stages as the query is placed: those that begin at once with their tasks, the others held.</summary>
    public IReadOnlyList<QueryStagePlan> Begin()
    {
        for (var position = 0; position < _begun.Length; position++)
        {
            if (_steps is null)
            {
                _begun[position] = Plan.Stages[position];
            }
        }

        foreach (var group in Open())
        {
            BeginGroup(group);
        }

        return [.. Enumerable.Range(0, _begun.Length).Select(position => _begun[position] is null ? ShapeOf(position) with { TaskCount = 0 } : ShapeOf(position))];
    }

    /// <summary>The stages that can begin now. They have begun when this returns.</summary>
    public IReadOnlyList<QueryStageRelease> Next()
    {
        var released = Open().ToList();
        released.ForEach(BeginGroup);
        return [.. released.SelectMany(group => _steps!.Groups[group]).Order().Select(position => new QueryStageRelease(position, ShapeOf(position)))];
    }

    /// <summary>A task is made by this attempt from now on.</summary>
    public void Move(QueryAttempt attempt) => _tasks[attempt.Stage][attempt.Task] = (attempt.Attempt, null);

    /// <summary>An attempt has made all its rows; others than the newest change nothing.</summary>
    public void Finish(QueryAttempt attempt, TaskReport report)
    {
        if (_tasks[attempt.Stage].TryGetValue(attempt.Task, out var known) && known.Attempt == attempt.Attempt)
        {
            _tasks[attempt.Stage][attempt.Task] = (attempt.Attempt, report);
        }
    }

    /// <summary>Whether the newest attempt of a task has made all its rows.</summary>
    public bool IsFinished(int position, int task) => _tasks[position].TryGetValue(task, out var known) && known.Report is not null;

    /// <summary>Rows that the tasks of a stage have made, as far as they are known to have ended.</summary>
    public long RowsOf(int stageId) => _tasks[_positions[stageId]].Values.Sum(task => task.Report?.Metrics?.RowsOut ?? 0);

    /// <summary>The position of a stage; null for none.</summary>
    public int? PositionOf(int stageId) => _positions.TryGetValue(stageId, out var position) ? position : null;

    /// <summary>A stage as its tasks are given to workers.</summary>
    public QueryStage Begun(int position) => _begun[position] ?? throw new InvalidOperationException($"Stage {Plan.Stages[position].Id} has not begun.");

    /// <summary>What one task reads; null: what the plan says.</summary>
    public TaskReads? ReadsOf(int position, int task) => _assignments[position]?.Tasks[task];

    /// <summary>Whether the rows of an output stay until the query ends.</summary>
    public bool IsKept(int position, int output) => Plan.Stages[position].Outputs[output].IsMaterialized || _mode.KeepsRows
        || _filters.Exists(filter => filter.Build == position && filter.BuildOutput == output)
        || (_mode.Adaptive is not null && !Plan.Stages[^1].Inputs.Any(input => input.StageId == Plan.Stages[position].Id && input.OutputIndex == output));

    /// <summary>Columns of a stage whose values its reports have to sum up.</summary>
    public IEnumerable<int> ValueColumnsOf(int position) => _filters.Where(filter => filter.Build == position).SelectMany(filter => filter.Keys).Select(key => key.FromColumn).Distinct();

    /// <summary>Whether the reports of a stage have to hold the hashes of its keys.</summary>
    public bool SumsUpHashes(int position) => _filters.Exists(filter => filter.Build == position && filter.HasHashes);

    /// <summary>Hashes of the keys of the rows of a stage that are needed; null: all.</summary>
    public KeyBloom? NeededHashesOf(int position) => _needed[position];

    /// <summary>Whose rows an input reads.</summary>
    public QueryStageLink LinkOf(int position, int input)
    {
        var read = Plan.Stages[position].Inputs[input];
        var producer = _positions[read.StageId];
        var isGrouped = Plan.Stages[producer].Outputs[read.OutputIndex].Kind == ExchangeKind.Coalesce;
        return new QueryStageLink(producer, IsKept(producer, read.OutputIndex), isGrouped, read.FirstTask, read.TaskCount)
        {
            Reads = _assignments[position] is { } assigned ? [.. assigned.Tasks.Select(task => new QueryProducers(task.Inputs[input].FirstProducer, task.Inputs[input].ProducerCount))] : null,
        };
    }

    private QueryStagePlan ShapeOf(int position) =>
        new(Plan.Stages[position].TaskCount, [.. Enumerable.Range(0, Plan.Stages[position].Inputs.Count).Select(input => LinkOf(position, input))], [])
    {
        IsVolatile = Plan.Stages[position].IsVolatile || Plan.Stages[position].Outputs.Any(output => output.Kind == ExchangeKind.RoundRobin),
    };

    /// <summary>Groups that have not begun and need nothing more.</summary>
    private List<int> Open() => _steps is null
        ? []
        : [.. Enumerable.Range(0, _steps.Groups.Count).Where(group => _begun[_steps.Groups[group][0]] is null && _steps.Needs[group].All(HasEnded))];

    private bool HasEnded(int position) => _begun[position] is { } stage && _tasks[position].Count == stage.TaskCount && _tasks[position].Values.All(task => task.Report is not null);

    private void BeginGroup(int group)
    {
        foreach (var position in _steps!.Groups[group])
        {
            Replan(position);
            LeaveOut(position);
        }

        foreach (var position in _steps.Groups[group])
        {
            _begun[position] = Plan.Stages[position];
        }
    }

    private void Replan(int position)
    {
        if (_mode.Adaptive is not { } options)
        {
            return;
        }

        BroadcastOther(position, options);
        var stage = Plan.Stages[position];
        if (stage.Inputs.Count == 0 || !stage.Inputs.All(input => HasEnded(_positions[input.StageId]))
            || AdaptivePlanner.Assign(Plan, stage, SizesOf, options) is not { } assignment)
        {
            return;
        }

        var taskCount = assignment.Tasks.Count;
        var isDivided = assignment.Tasks.Any(task => task.Inputs.Zip(stage.Inputs).Any(pair => pair.First.ProducerCount < Plan.Stages[_positions[pair.Second.StageId]].TaskCount));
        _assignments[position] = assignment;
        Change(position, stage with { TaskCount = taskCount, Inputs = [.. stage.Inputs.Select(input => input with { FirstTask = 0, TaskCount = taskCount })] });
        if (taskCount != stage.TaskCount || isDivided)
        {
            var bytes = stage.Inputs.Sum(input => SizesOf(input.StageId, input.OutputIndex).TotalBytes);
            _changes.Add(new QueryChange(
                stage.Id, QueryChangeKind.Tasks, stage.TaskCount, taskCount, FormattableString.Invariant($"it reads {bytes} bytes{(isDivided ? ", of which some keys have far more than others" : "")}")));
        }
    }

    /// <summary>Where a stage that begins is one side of a join whose other side turned out small, it need not send its rows.</summary>
    private void BroadcastOther(int position, AdaptiveOptions options)
    {
        var id = Plan.Stages[position].Id;
        foreach (var joins in Plan.Stages.Where(reader => reader.Inputs.Count == 2 && reader.Inputs.Any(input => input.StageId == id)).ToList())
        {
            var other = joins.Inputs[joins.Inputs[0].StageId == id ? 1 : 0];
            if (_begun[_positions[joins.Id]] is not null || !HasEnded(_positions[other.StageId]))
            {
                continue;
            }

            var sizes = SizesOf(other.StageId, other.OutputIndex);
            if (AdaptivePlanner.Broadcast(Plan, joins.Id, other.Name, sizes, options) is { } changed)
            {
                Plan = changed;
                _changes.Add(new QueryChange(
                    joins.Id, QueryChangeKind.Broadcast, joins.TaskCount, Plan.Stages[_positions[joins.Id]].TaskCount, FormattableString.Invariant($"stage {other.StageId} made {sizes.TotalBytes} bytes, so every task reads all of it")));
            }
        }
    }

    /// <summary>Lets a stage wait for the values of another one, unless they start together anyway.</summary>
    private void TryFilter(DynamicFilter filter, List<(int Stage, int For)> waits)
    {
        _filters.Add(filter);
        var steps = StageSteps.Of(Plan, IsKept, [.. waits, (filter.Probe, filter.Build)]);
        var group = Enumerable.Range(0, steps.Groups.Count).First(number => steps.Groups[number].Contains(filter.Probe));
        if (steps.Needs[group].Contains(filter.Build))
        {
            waits.Add((filter.Probe, filter.Build));
        }
        else
        {
            _filters.Remove(filter);
        }
    }

    /// <summary>Leaves out the rows of a stage that begins which would find no match.</summary>
    private void LeaveOut(int position)
    {
        var conditions = new List<string>();
        var hashes = new List<byte[]>();
        foreach (var filter in _filters.Where(filter => filter.Probe == position))
        {
            IReadOnlyList<TaskReport> reports = [.. _tasks[filter.Build].Values.Select(task => task.Report!)];
            if (filter.Condition(reports) is { } condition)
            {
                conditions.Add(condition);
            }

            // A side that need not be sent any more is not dealt by hash.
            if (hashes.Count == 0 && filter.HasHashes && Plan.Stages[position].Outputs[0].Kind == ExchangeKind.Shuffle && reports.All(report => report.Hashes is not null))
            {
                hashes.Add(HashBloom.Union([.. reports.Select(report => report.Hashes.Bits.Memory)]));
            }
        }

        var stage = Plan.Stages[position];
        if (conditions.Count > 0)
        {
            // Around the whole text: the engine pushes it down as far as it is right, into the scans where it can.
            Change(position, stage with { Sql = $"SELECT * FROM ({stage.Sql}) AS needed WHERE {string.Join(" AND ", conditions)}" });
        }

        _needed[position] = hashes.Count > 0 ? new KeyBloom { Bits = UnsafeByteOperations.UnsafeWrap(hashes[0]) } : null;
        if (conditions.Count + hashes.Count > 0)
        {
            var builds = string.Join(", ", _filters.Where(filter => filter.Probe == position).Select(filter => Plan.Stages[filter.Build].Id));
            _changes.Add(new QueryChange(
                stage.Id,
                QueryChangeKind.Filter,
                stage.TaskCount,
                stage.TaskCount,
                FormattableString.Invariant($"only rows that find a match in what stage {builds} made, by {conditions.Count} conditions and {hashes.Count} sets of hashes")));
        }
    }

    private void Change(int position, QueryStage stage) => Plan = Plan with { Stages = [.. Plan.Stages.Select((old, place) => place == position ? stage : old)] };

    private OutputSizes SizesOf(int stageId, int output)
    {
        var position = _positions[stageId];
        var stage = Begun(position);
        var first = stage.Outputs.Take(output).Sum(before => before.PartitionCount);
        return new OutputSizes([.. Enumerable.Range(0, stage.TaskCount).Select(task => (IReadOnlyList<long>)[.. _tasks[position][task].Report!.Metrics.PartitionBytes.Skip(first).Take(stage.Outputs[output].PartitionCount)])]);
    }

    /// <summary>The larger side of a join waits for the smaller one: it may turn out that it need not be sent.</summary>
    private IEnumerable<(int Stage, int For)> Waits()
    {
        foreach (var stage in Plan.Stages.Where(stage => stage is { Inputs.Count: 2, Scans.Count: 0 }))
        {
            var sides = stage.Inputs.Select(input => (Input: input, Position: _positions[input.StageId])).OrderBy(side => Plan.Stages[side.Position].EstimatedRowCount).ToArray();
            if (sides[1].Input.IsDivisible && sides.All(side => Plan.Stages[side.Position].Outputs[side.Input.OutputIndex].Kind == ExchangeKind.Shuffle))
            {
                yield return (sides[1].Position, sides[0].Position);
            }
        }
    }
}
