using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Variables;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Graphs;
using OrleansFlow.Storage;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>
/// Keeps a run in rows: the head (state <c>run</c>), what it was submitted with, and segments of nodes, tasks and batches. A commit writes the head
/// and the segments that its events touched, so that it costs what changed and not what the run holds.
/// </summary>
/// <remarks>
/// One transaction over <see cref="IGrainStorageBatch"/>. Over a plain storage the segments are written first under new names
/// (<see cref="RunSegments"/>) and the head last: its etag is the commit. What a crash leaves of a commit without a head costs room and
/// nothing else. Used by one grain inside its turns.
/// </remarks>
internal sealed partial class GraphRunStore(IServiceProvider services)
{
    private const string HeadName = "run";
    private const string PlanName = "run-plan";
    private const string ResultKind = "run-result";
    private const string ItemsKind = "run-items";

    /// <summary>Reads that are under way at once while a run is read.</summary>
    private const int ReadsMax = 32;

    private readonly GraphPlans _plans = services.GetService<GraphPlans>() ?? new GraphPlans();
    private readonly IGrainStorage _storage = services.GetRequiredKeyedService<IGrainStorage>(FlowGrainStorage.Name);
    private readonly Dictionary<string, string?> _etags = new(StringComparer.Ordinal);
    private readonly GrainState<GraphRunRow> _head = new(new GraphRunRow());
    private readonly List<RunBatchRow> _tail = [];
    private readonly Dictionary<int, string> _resultRows = [];
    private readonly Dictionary<int, string> _itemRows = [];
    private GrainId _grain;
    private string _grainText = "";
    private string _activation = "";
    private RunTaskNumbers _numbers = RunTaskNumbers.None;
    private RunSegments _nodeRows = new("run-nodes", null);
    private RunSegments _taskRows = new("run-tasks", null);
    private RunSegments _batchRows = new("run-batches", null);
    private RunSegments _variableRows = new("run-vars", null);
    private RunSegments _checkpointRows = new("run-checkpoint", null);
    private long _batchCount;
    private long _commitCount;
    private bool _isPlanStored;

    /// <summary>What the run was submitted with; null while there is none. Once the document is stored in a row of its own it is not kept here: it may have megabytes.</summary>
    public RunSubmission? Submission { get; private set; }

    /// <summary>Whether the run has ended and everybody who had to know was told; as stored.</summary>
    public bool IsSettled => _head.State.Settled;

    /// <summary>Highest epoch of the runs that had this id before, and were deleted; 0 for none.</summary>
    public long LastEpoch => _head.State.LastEpoch;

    private IGrainStorageBatch? Batch => _storage as IGrainStorageBatch;

    /// <summary>Reads the run.</summary>
    /// <param name="grain">The run's grain.</param>
    /// <param name="activation">Text that no other activation of it ever has.</param>
    /// <param name="run">The run.</param>
    /// <exception cref="Errors.FlowException"><c>state_corrupt</c>.</exception>
    public async Task<GraphRunState> LoadAsync(GrainId grain, string activation, RunId run)
    {
        (_grain, _grainText, _activation) = (grain, grain.ToString(), activation);
        await _storage.ReadStateAsync(HeadName, _grain, _head);
        if (!_head.RecordExists || _head.State.Deleting || _head.State.Deleted)
        {
            return GraphRunState.None;
        }

        var row = _head.State;
        if (row.Format < GraphRunRow.Segmented)
        {
            Submission = new RunSubmission { DocumentJson = row.DocumentJson ?? "", Files = row.Files };
            var nodes = StoredState.Convert(_grainText, HeadName, () => Plan(Submission, row.Nodes?.Count ?? 0));
            return StoredState.Convert(_grainText, HeadName, () => row.ToState(
                run, nodes, [.. row.Nodes!.Select(node => node.ToNode(node.Tasks!.Select(task => task.ToLease())))]));
        }

        return await LoadSegmentsAsync(row, run);
    }

    /// <summary>Stores a state; durable when it returns.</summary>
    /// <param name="state">The state.</param>
    /// <param name="submission">What it was submitted with; not looked at once it is stored.</param>
    /// <param name="settled">Whether everybody knows the end.</param>
    /// <param name="events">What happened since the state that was stored before.</param>
    public async Task WriteAsync(GraphRunState state, RunSubmission submission, bool settled, IReadOnlyList<GraphRunEvent> events)
    {
        _numbers = _numbers.IsEmpty ? new RunTaskNumbers(state.Plan!) : _numbers;
        var changed = new RunChanges(state.Plan!, _numbers);
        if (_head.RecordExists && _head.State.Format < GraphRunRow.Segmented)
        {
            changed.AddAll(state);
        }
        else
        {
            changed.Add(state, events);
        }

        var commit = new Commit(this, mayWait: settled && events.Count == 0);
        if (!_isPlanStored)
        {
            var files = submission.Files is null ? null : new Dictionary<string, string>(submission.Files);
            await commit.AddPlanAsync(new RunPlanRow
            {
                DocumentJson = submission.DocumentJson,
                Files = files,
                IdempotencyKey = submission.IdempotencyKey,
                Parent = submission.Parent.IsDefault ? null : submission.Parent.Value,
            });
        }

        foreach (var node in changed.ItemNodes)
        {
            _itemRows[node] = commit.AddOnce(ItemsKind, node, 0, new RunItemsRow { Items = [.. state.Nodes[node].Items] });
        }

        foreach (var segment in changed.NodeSegments)
        {
            var (first, count) = (segment * RunNodesRow.Size, Math.Min(RunNodesRow.Size, state.Nodes.Count - (segment * RunNodesRow.Size)));
            var nodes = Enumerable.Range(first, count).Select(node => NodeRow.Of(state.Plan!.Nodes[node], state.Nodes[node], _itemRows.GetValueOrDefault(node)));
            commit.Add(_nodeRows, segment, new RunNodesRow { Nodes = [.. nodes] });
        }

        DropResults(commit, changed.Again);
        foreach (var segment in changed.TaskSegments)
        {
            var tasks = _numbers.RowOf(state, segment);
            MoveLongResults(commit, segment, tasks);
            commit.Add(_taskRows, segment, tasks);
        }

        if (changed.HasVariables)
        {
            commit.Add(_variableRows, 0, new RunVariablesRow { VariablesJson = state.Variables.ToJson() });
        }

        AddBatches(commit, changed.Batches);
        AddCheckpoints(commit, state, changed);
        var head = GraphRunRow.Of(state, settled);
        head.LastEpoch = _head.State.LastEpoch;
        head.Facts = Facts is { Count: > 0 } facts ? facts : null;
        (head.NodeRows, head.TaskRows, head.BatchRows) = (_nodeRows.ToString(), _taskRows.ToString(), _batchRows.ToString());
        (head.VariableRows, head.CheckpointRows) = (_variableRows.ToString(), _checkpointRows.ToString());
        await commit.WriteAsync(head);
        _isPlanStored = true;
    }

    private GraphPlan Plan(RunSubmission submission, int? nodes)
    {
        var plan = _plans.Parse(submission.DocumentJson, submission.Files).RequirePlan();
        return nodes is null || nodes == plan.Nodes.Length
            ? plan
            : throw new InvalidOperationException($"{nodes} nodes are stored, the document has {plan.Nodes.Length}");
    }

    private async Task<GraphRunState> LoadSegmentsAsync(GraphRunRow row, RunId run)
    {
        var plan = await ReadAsync<RunPlanRow>(PlanName);
        var submission = new RunSubmission
        {
            DocumentJson = plan.DocumentJson,
            Files = plan.Files,
            IdempotencyKey = plan.IdempotencyKey,
            Parent = plan.Parent is { } parent ? TaskId.Parse(parent) : default,
        };
        (_isPlanStored, Submission) = (true, submission with { DocumentJson = "" });
        var compiled = StoredState.Convert(_grainText, PlanName, () => Plan(submission, null));
        _numbers = new RunTaskNumbers(compiled);
        _nodeRows = new RunSegments("run-nodes", row.NodeRows);
        _taskRows = new RunSegments("run-tasks", row.TaskRows);
        _batchRows = new RunSegments("run-batches", row.BatchRows);
        _variableRows = new RunSegments("run-vars", row.VariableRows);
        _checkpointRows = new RunSegments("run-checkpoint", row.CheckpointRows);
        var nodes = await ReadAsync<RunNodesRow>(_nodeRows);
        var variables = (await ReadAsync<RunVariablesRow>(_variableRows)).GetValueOrDefault(0);
        var tasks = await ReadAsync<RunTasksRow>(_taskRows);
        await ReadResultsAsync(tasks);
        await ReadItemsAsync(nodes);
        var batches = (await ReadAsync<RunBatchesRow>(_batchRows)).Values.SelectMany(segment => segment.Batches).ToList();
        var checkpoints = await ReadAsync<CheckpointRow>(_checkpointRows);
        _batchCount = batches.Count;
        _tail.AddRange(batches.Skip(batches.Count / RunBatchesRow.Size * RunBatchesRow.Size));
        return StoredState.Convert(_grainText, HeadName, () => row.ToState(
            run, compiled, _numbers.ToNodes(row.SubmittedUtc, nodes, tasks, batches, checkpoints), variables is null ? null : RunVariables.Parse(variables.VariablesJson), _batchCount));
    }

    /// <summary>A long result is written once, and not with each neighbour of its task.</summary>
    private void MoveLongResults(Commit commit, int segment, RunTasksRow row)
    {
        for (var index = 0; index < row.Tasks.Count; index++)
        {
            if (row.Tasks[index] is { ResultJson.Length: > RunResultRow.InlineCharsMax } task)
            {
                var number = (segment * RunTasksRow.Size) + index;
                if (!_resultRows.TryGetValue(number, out var name))
                {
                    _resultRows[number] = name = commit.AddOnce(ResultKind, number, task.BaseEpoch, new RunResultRow { ResultJson = task.ResultJson });
                }

                (task.ResultRow, task.ResultJson, row.Format) = (name, null, Math.Max(row.Format, RunTasksRow.WithResultRows));
            }
        }
    }

    /// <summary>The long results of nodes that began anew.</summary>
    private void DropResults(Commit commit, IEnumerable<int> nodes)
    {
        foreach (var node in nodes)
        {
            var (first, count) = _numbers.RangeOf(node);
            for (var number = first; number < first + count; number++)
            {
                if (_resultRows.Remove(number, out var name))
                {
                    commit.Replace<RunResultRow>(name);
                }
            }
        }
    }

    private void AddBatches(Commit commit, IReadOnlyList<RunBatchRow> batches)
    {
        for (var next = 0; next < batches.Count;)
        {
            // Cut at the ends of segments, so that each is written once.
            var part = batches.Skip(next).Take(RunBatchesRow.Size - _tail.Count).ToList();
            var segment = (int)(_batchCount / RunBatchesRow.Size);
            next += part.Count;
            _batchCount += part.Count;
            _tail.AddRange(part);
            commit.Add(_batchRows, segment, RunBatchesRow.Of(_tail));
            if (_tail.Count == RunBatchesRow.Size)
            {
                _tail.Clear();
            }
        }
    }

    /// <summary>A row each, so that a task's checkpoints cost what it saves and not what its neighbours did.</summary>
    private void AddCheckpoints(Commit commit, GraphRunState state, RunChanges changed)
    {
        foreach (var number in changed.Completed)
        {
            commit.Remove<CheckpointRow>(_checkpointRows, number);
        }

        foreach (var number in changed.Checkpoints)
        {
            // Null when the task completed in the same commit.
            if (CheckpointRow.Of(state[_numbers.SlotOf(number)].Checkpoint) is { } row)
            {
                commit.Add(_checkpointRows, number, row);
            }
        }
    }
}
